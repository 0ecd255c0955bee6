"""Altcoin Hedge Planner: `streamlit run app.py`.

Streamlit imports this file once, for the `app` that it serves, and runs it as a script for each visitor.
"""

if __name__ == "__main__":
    from pages.ui.app import shell

    shell.run()
else:
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from hosting.addresses import no_address
    from hosting.compressed import Compressed
    from hosting.first_answers import FirstAnswers
    from hosting.first_bytes import FirstBytes, preloads
    from hosting.frames import count_frames
    from hosting.late_chart import LateChart, chart_script
    from hosting.start_address import ROUTE
    from hosting.uploads import Uploads
    from hosting.visitors import VisitorLimits
    from pages.ui.app import first_answer, first_words, warm
    from pages.ui.app.head import HEAD

    count_frames()
    app = App(
        __file__,
        lifespan=warm.beside_requests,
        routes=[ROUTE],
        middleware=[
            Middleware(VisitorLimits, address_of=no_address),
            Middleware(Uploads, address_of=no_address),
            Middleware(LateChart, name=chart_script()),
            Middleware(Compressed),
            Middleware(
                FirstBytes,
                head=HEAD + preloads(late=chart_script()),
                first_words=first_words.without_plan(),
                answers=FirstAnswers(first_answer.html).of,
            ),
        ],
    )
