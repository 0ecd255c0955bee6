from .backtest import Comparison as Comparison, compare_hedges as compare_hedges
from .elsewhere import better_venues as better_venues
from .entry_replay import EntryReplay as EntryReplay, replay_entry as replay_entry
from .fall_record import FallRecord as FallRecord, track_record as track_record
from .rule_replay import RuleReplay as RuleReplay, replay_rule as replay_rule
from .signals import Overextension as Overextension, overextension as overextension
from .study import Study as Study, run_study as run_study
from .walk import Terms as Terms
