from .alerts import Alert as Alert
from .daily_check import MonitorReport as MonitorReport, check as check
from .drift import Trade as Trade, trades_to_target as trades_to_target
from .execution import as_proposed as as_proposed
from .notify import Notifier as Notifier
from .position import PositionState as PositionState, position_state as position_state
from .rolls import roll_events as roll_events
from .season import Season as Season
from .watch import Watcher as Watcher, WatchSettings as WatchSettings
from .watch_state import WatchState as WatchState
