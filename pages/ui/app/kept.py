"""What the visitor's own browser keeps: the plan, on request, and the plans before it; the server takes no part.

A plan is a text in the page's address. One script writes that text into the browser's storage while it is wanted. The
other lists the texts that the address has had, for as long as the tab is open, so that undo survives a reload. Both
mark the document, so that the style sheet shows the links that apply.
"""

from __future__ import annotations

import streamlit as st

SCRIPT = """<script>
(() => {
  let store = null;
  try { store = window.localStorage; store.getItem('hedge-plan'); } catch { return; }
  const root = document.documentElement;
  const show = () => {
    const kept = store.getItem('hedge-plan');
    root.dataset.keeps = kept === null ? 'false' : kept ? 'true' : 'empty';
  };
  const note = () => {
    const plan = new URLSearchParams(location.search).get('p');
    if (plan && store.getItem('hedge-plan') !== null) store.setItem('hedge-plan', plan);
  };
  const acts = {
    '#keep-plan': () => { store.setItem('hedge-plan', ''); note(); },
    '#forget-plan': () => { store.removeItem('hedge-plan'); window.sessionStorage.removeItem('hedge-plans'); },
    '#continue-plan': () => { location.search = new URLSearchParams({p: store.getItem('hedge-plan')}); },
  };
  document.addEventListener('click', (event) => {
    const act = acts[event.target.closest?.('a')?.getAttribute('href')];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
    show();
  }, true);
  setInterval(() => { note(); show(); }, 1000);
  show();
})();
</script>
<script>
(() => {
  const most = 51;
  let store = null;
  try { store = window.sessionStorage; store.getItem('hedge-plans'); } catch { return; }
  const root = document.documentElement;
  const read = () => JSON.parse(store.getItem('hedge-plans')) ?? {plans: [], at: -1};
  const show = ({plans, at}) => {
    root.dataset.undo = at > 0;
    root.dataset.redo = at < plans.length - 1;
  };
  const shown = () => new URLSearchParams(location.search).get('p') ?? '';
  let last = null;
  const note = () => {
    const plan = shown();
    let {plans, at} = read();
    if (plan === last && plan !== plans[at]) {
      if (plan === plans[at - 1] && document.querySelector('.st-key-redo_change')) at -= 1;
      else if (plan === plans[at + 1]) at += 1;
      else { plans = [...plans.slice(0, at + 1), plan].slice(-most); at = plans.length - 1; }
      store.setItem('hedge-plans', JSON.stringify({plans, at}));
    }
    last = plan;
    show(read());
  };
  const steps = {'#undo-plan': -1, '#redo-plan': 1};
  document.addEventListener('click', (event) => {
    const step = steps[event.target.closest?.('a')?.getAttribute('href')];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    last = shown();
    note();
    const {plans, at} = read();
    const plan = plans[at + step];
    if (plan === undefined) return;
    clearInterval(notes);
    store.setItem('hedge-plans', JSON.stringify({plans, at: at + step}));
    location.search = plan && new URLSearchParams({p: plan});
  }, true);
  show(read());
  const notes = setInterval(note, 250);
})();
document.addEventListener('click', (event) => {
  if (event.target.closest?.('.st-key-bag_replace button, .st-key-links_start button'))
    document.querySelector('[data-testid="stMain"]').scrollTo(0, 0);
}, true);
</script>"""
"""In the head of the document. The plan is kept in the browser only if a link of the page is pressed for it.

The list of addresses belongs to the tab and goes with it. An address counts when it has been the same twice, or when
a step is made from it. The one before counts as a step back if the page offers to make a step again, else as a change
like any other. A plan that is opened on the start page is read from its first line, wherever the button was.
"""


def draw_choice() -> None:
    """Keep the plan in this browser, or forget it: the style sheet shows the one that applies."""
    with st.container(key="keep_plan"):
        st.markdown("[Keep my plan in this browser](#keep-plan)")
    with st.container(key="forget_plan"):
        st.markdown("Your plan is kept in this browser. [Forget it](#forget-plan)")


def draw_continue() -> None:
    """The way back to the plan that this browser keeps; not shown where there is none."""
    with st.container(key="continue_plan"):
        st.markdown("[Continue with the plan that this browser keeps](#continue-plan)")


def draw_undo(source: str) -> None:
    """The way to the plan before or after this one, `source` being undo or redo, that an earlier session made.

    Pressing it opens that plan's address. Not shown where the tab knows no such plan.
    """
    with st.container(key=f"{source}_kept"):
        st.markdown(f"[:material/{source}: {source.capitalize()}](#{source}-plan)")
