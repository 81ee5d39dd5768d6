/**
 * While a modifier of the key bar is held, takes what a phone's keyboard writes before the terminal does: such keyboards announce no key, and gather
 * letters into a word first, which would come too late to be Ctrl and a letter. `typed` gets the letter. Returns what ends it.
 */
export function takeHeldInput(place: HTMLElement, held: () => boolean, typed: (text: string) => void): () => void {
  const ending = new AbortController();
  let swallowing = false;

  const composed = ({ data, target }: CompositionEvent): void => {
    if (data === '' || !held()) return;
    typed(data);
    if (!(target instanceof HTMLTextAreaElement)) return;
    // The keyboard forgets the word that it has begun when its field goes away: at once, for the next letter begins another.
    target.blur();
    target.value = '';
    target.focus();
    swallowing = false;
  };
  const inserted = (event: InputEvent): void => {
    if (!event.cancelable || event.data === null) return;
    event.preventDefault();
    if (!swallowing) typed(event.data);
  };
  const take = (event: Event): void => {
    if (!swallowing && !held()) return;
    event.stopImmediatePropagation();
    if (event.type === 'compositionstart') swallowing = true;
    if (event.type === 'compositionupdate') composed(event as CompositionEvent);
    if (event.type === 'beforeinput') inserted(event as InputEvent);
    if (event.type === 'compositionend') {
      swallowing = false;
      if (event.target instanceof HTMLTextAreaElement) event.target.value = '';
    }
  };
  for (const type of ['compositionstart', 'compositionupdate', 'compositionend', 'beforeinput', 'input'])
    place.addEventListener(type, take, { signal: ending.signal, capture: true });
  return () => ending.abort();
}
