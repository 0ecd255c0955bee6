from .calendar_file import (
    CalendarImport as CalendarImport,
    calendar_to_ics as calendar_to_ics,
    read_calendar as read_calendar,
)
from .fills.file import FillsImport as FillsImport, read_fills as read_fills
from .holdings_file import HoldingsImport as HoldingsImport, read_holdings as read_holdings
from .link.link import Shared as Shared, decode as decode, encode as encode, hide_amounts as hide_amounts
from .link.pin import pinned_market as pinned_market
from .link.pinning import pin_of as pin_of
from .market_sources import open_source as open_source
from .plan_file import (
    load_plan as load_plan,
    plan_from_json as plan_from_json,
    plan_to_json as plan_to_json,
    read_plan as read_plan,
    save_plan as save_plan,
)
from .prices.file import CsvFileSource as CsvFileSource
