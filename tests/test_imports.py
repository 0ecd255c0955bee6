"""What `import hedge_core` loads, and which names it offers.

By hand: the core needs numpy, annotated-types, lazy_loader and the standard library. Documents, the sample market and
pandas come with their first use; the screen (streamlit, plotly) and the exchanges (ccxt) never do.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import hedge_core

HEAVY = ("streamlit", "plotly", "ccxt", "pydantic", "scipy", "pandas", "statsmodels", "apprise")

PUBLIC = [
    "Bag",
    "BetaEstimate",
    "Catalogue",
    "Contract",
    "CsvFileSource",
    "CustomContract",
    "Decisions",
    "HedgeAssessment",
    "HedgeError",
    "HedgeLeg",
    "HedgePlan",
    "Holding",
    "MarketSnapshot",
    "Notice",
    "Overrides",
    "PriceHistory",
    "SampleSource",
    "ScenarioResult",
    "Shock",
    "assess",
    "catalogue",
    "estimate_betas",
    "load_plan",
    "rolling_betas",
    "run_scenario",
    "save_plan",
]


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def blocking(*modules: str) -> str:
    """A program's first lines, after which importing any of the modules fails."""
    return f"import sys\nfor name in {modules!r}:\n    sys.modules[name] = None\n"


DOCUMENTS = ("CsvFileSource", "SampleSource", "load_plan", "save_plan")


def test_importing_the_core_loads_nothing_heavy():
    names = [name for name in PUBLIC if name not in DOCUMENTS]
    loaded = json.loads(
        python(f"import sys, json\nfrom hedge_core import {', '.join(names)}\nprint(json.dumps(sorted(sys.modules)))")
    )

    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []


@pytest.mark.parametrize("work", ["propose", "scenario"])
def test_the_core_works_where_neither_the_screen_nor_the_exchanges_are_installed(examples, work):
    arguments = [work, str(examples / "novacoin.json"), "--json", *(["--move", "-0.15"] if work == "scenario" else [])]

    out = python(
        blocking("streamlit", "plotly", "ccxt", "scipy", "statsmodels")
        + f"from hedge_core.cli.main import main\nsys.exit(main({arguments!r}))"
    )

    assert json.loads(out)


def test_a_plan_is_worked_out_without_the_library_for_documents(examples):
    out = python(
        blocking("streamlit", "plotly", "ccxt", "pydantic", "pandas", "scipy")
        + "from hedge_core import Decisions, HedgePlan, Holding, Overrides, SampleSource, assess\n"
        "plan = HedgePlan(holdings=(Holding(coin='ETH', quantity=10),), decisions=Decisions(risk_accepted=0.0))\n"
        "print(len(assess(plan, SampleSource().snapshot()).legs))"
    )

    assert out == "1\n"


def test_the_public_names_are_these_and_each_of_them_is_there():
    assert hedge_core.__all__ == PUBLIC
    assert all(getattr(hedge_core, name) is not None for name in PUBLIC)


def test_every_public_thing_says_what_it_is():
    assert [name for name in PUBLIC if not getattr(hedge_core, name).__doc__] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'moon'"):
        _ = hedge_core.moon


def test_the_app_on_the_sample_market_never_loads_the_exchange_library(project_root):
    out = python(
        "import sys, warnings\nwarnings.simplefilter('ignore')\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(project_root / 'app.py')!r}, default_timeout=30).run()\n"
        "app.button(key='start_layer1_bag').click().run()\n"
        "assert not app.exception and app.button(key='traded').label == 'I have traded these'\n"
        "print('ccxt' in sys.modules)"
    )

    assert out == "False\n"


def test_the_picture_of_the_start_page_is_made_without_pandas_and_scipy():
    out = python(
        "import sys, logging; logging.disable()\n"
        "from pages.ui.app import start, warm\nwarm.import_core(); start.prepare()\n"
        "print([name for name in ('pandas', 'scipy', 'ccxt') if name in sys.modules])"
    )

    assert out == "[]\n"


def test_the_start_page_is_drawn_without_what_works_a_plan_out():
    loaded = json.loads(
        python(
            "import sys, json; import pages.ui.app.start, pages.ui.app.shell; print(json.dumps(sorted(sys.modules)))"
        )
    )

    assert "streamlit" in loaded
    assert {"hedge_core.hedge.planner", "pydantic.main", "scipy", "ccxt", "pages.ui.charts"} & set(loaded) == set()


def test_the_server_listens_before_the_core_is_imported():
    """What a plan needs is imported beside the first requests (see `pages/ui/app/warm`)."""
    loaded = json.loads(python("import sys, json\nimport app\nprint(json.dumps(sorted(sys.modules)))"))

    assert {"pages.ui.app.first_words", "hosting.visitors"} <= set(loaded)
    assert {name.split(".")[1] for name in loaded if name.startswith("hedge_core.")} == {"documents", "errors", "text"}
    assert not {"pandas", "scipy", "pydantic", "ccxt"} & set(loaded)
