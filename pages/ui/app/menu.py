"""The menu on a narrow screen, where it covers the page: it closes when a page is chosen.

Streamlit closes it only on phones, which it knows by the browser's name; another browser's window can be as narrow.
"""

SCRIPT = """<script>
document.addEventListener("click", (event) => {
    if (innerWidth > 768 || !event.target.closest('[data-testid="stSidebarNavLink"]')) return;
    setTimeout(() => {
        if (document.querySelector('[data-testid="stExpandSidebarButton"]')) return;
        document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
    }, 50);
}, true);
</script>"""
