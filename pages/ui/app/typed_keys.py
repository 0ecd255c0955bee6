"""The keys that are typed into a table: one is given to it only when it has done with the one before.

The grid under Streamlit's tables reads a key against what it has drawn last. Where the browser is slow, or busy with a
new run of the page, the next key comes earlier than that, and three things go wrong, in a bare Streamlit page as well:
the editor of the first cell is still on its way when the second key comes, which then replaces the first; a key that
comes while an editor is closing opens an editor that takes neither Enter nor Tab; and Tab, pressed before the grid has
done with the letter before it, closes the cell without its text. Here a key waits until the editor is there or gone.
"""

SCRIPT = """<script>
(() => {
  const editor = '.gdg-clip-region textarea', table = '[data-testid="stDataFrame"]';
  const opens = /^[\\p{L}\\p{M}\\p{N}\\p{S}\\p{P}]$/u, longest = 5000;
  let waiting = [], isOurs = false;
  let closing = null, isOpening = false, wasOpened = false, since = 0, unfinished = 0;
  const isOfTable = (place) => place.matches(editor) || place.closest(table) !== null;
  const isEnd = ({key, shiftKey}, place) =>
    place?.matches(editor) && (key === 'Tab' || key === 'Escape' || key === 'Enter' && !shiftKey);
  const isBusy = () => {
    const isTooLong = performance.now() - since > longest;
    if (isTooLong || !closing?.isConnected) closing = null;
    if (isOpening && document.activeElement?.matches(editor)) wasOpened = true;
    if (isTooLong || wasOpened) isOpening = false;
    return closing !== null || isOpening;
  };
  const mustWait = (event, place) => isBusy() || isEnd(event, place) && unfinished > 0;
  const note = (event, place) => {
    if (isEnd(event, place)) {
      closing = place;
      since = performance.now();
    } else if (place.matches(editor)) {
      unfinished += 1;
      setTimeout(() => setTimeout(() => { unfinished -= 1; }));
    } else if (!wasOpened && (event.key === 'Enter' || opens.test(event.key))) {
      isOpening = true;
      since = performance.now();
    }
  };
  const write = (place, key) => {
    const {selectionStart: from, selectionEnd: to} = place;
    if (key === 'Backspace') place.setRangeText('', from === to ? Math.max(0, from - 1) : from, to, 'end');
    else if (key.length === 1) place.setRangeText(key, from, to, 'end');
    else return;
    place.dispatchEvent(new InputEvent('input', {bubbles: true}));
  };
  const give = ({key, code, shiftKey}) => {
    const place = document.activeElement;
    if (!isOfTable(place)) {
      waiting = [];
      return;
    }
    const event = new KeyboardEvent('keydown', {key, code, shiftKey, bubbles: true, cancelable: true});
    note(event, place);
    isOurs = true;
    const isLeft = place.dispatchEvent(event);
    isOurs = false;
    if (isLeft && place.matches(editor)) write(place, key);
  };
  const next = () => {
    if (waiting.length && !mustWait(waiting[0], document.activeElement)) give(waiting.shift());
    if (waiting.length) setTimeout(next, 5);
  };
  window.addEventListener('keydown', (event) => {
    const place = event.target;
    if (isOurs || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !place.matches) return;
    if (!isOfTable(place)) return;
    if (!waiting.length && !mustWait(event, place)) {
      note(event, place);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (waiting.push(event) === 1) setTimeout(next);
  }, true);
  window.addEventListener('mousedown', () => { waiting = []; closing = null; isOpening = false; }, true);
})();
</script>"""
"""In the head of the document. A key of which nothing has come after five seconds is taken as done with.

Keys with Ctrl, Alt or Meta and those of an input method go straight to the table. What waits is dropped when the mouse
is pressed or the keyboard has gone elsewhere.
"""
