"""The plan kept in the visitor's own browser, on request; the server takes no part.

A plan is a text in the page's address. The script writes that text into the browser's storage while it is wanted, and
marks the document, so that the style sheet shows the link that applies: keep, forget, or continue.
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
    '#forget-plan': () => store.removeItem('hedge-plan'),
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
</script>"""
"""In the head of the document. Only what a link of the page is pressed for is stored, under one name."""


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
