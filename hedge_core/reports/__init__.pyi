from .backtest_json import backtest_document as backtest_document
from .excel import workbook as workbook
from .html.page import report_html as report_html
from .json import (
    assessment_document as assessment_document,
    contract_document as contract_document,
    scenario_document as scenario_document,
    simulation_document as simulation_document,
    stress_document as stress_document,
)
from .monitor_json import monitor_document as monitor_document
from .orders import Order as Order, order_ticket as order_ticket, order_ticket_csv as order_ticket_csv
from .why import derivations as derivations
