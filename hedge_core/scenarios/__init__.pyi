from .presets import PRESETS as PRESETS, Preset as Preset, largest_coin as largest_coin
from .run import ScenarioResult as ScenarioResult, run_range as run_range, run_scenario as run_scenario
from .shocks import Shock as Shock
from .stress import (
    StressResult as StressResult,
    StressWindow as StressWindow,
    run_stress as run_stress,
    stress_windows as stress_windows,
)
