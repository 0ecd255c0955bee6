from .bag import Bag as Bag, Holding as Holding
from .calendar import CalendarEvent as CalendarEvent, upcoming as upcoming
from .changes import change_between as change_between
from .entry_rule import EntryRule as EntryRule
from .entry_rules import ENTRY_RULES as ENTRY_RULES
from .exit_rule import ExitRule as ExitRule
from .fills import Fill as Fill, FundingPayment as FundingPayment
from .plan import (
    CostAssumptions as CostAssumptions,
    Decisions as Decisions,
    Execution as Execution,
    HedgePlan as HedgePlan,
    JournalEntry as JournalEntry,
    Overrides as Overrides,
    Thresholds as Thresholds,
    Watch as Watch,
    new_plan as new_plan,
)
from .rules import EXIT_RULES as EXIT_RULES
