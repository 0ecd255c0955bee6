from .backtest import Comparison as Comparison, compare_hedges as compare_hedges
from .fall_record import FallRecord as FallRecord, track_record as track_record
from .rule_replay import RuleReplay as RuleReplay, replay_rule as replay_rule
from .signals import Overextension as Overextension, overextension as overextension
