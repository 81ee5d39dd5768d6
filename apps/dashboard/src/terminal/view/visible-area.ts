/** What of the page a person can see: below a phone's keyboard nothing, on platforms that let it cover the page. */
export interface VisibleViewport {
  height: number;
  offsetTop: number;
  scale: number;
}

/**
 * Height that a box from `top` to `bottom` may have without reaching below a keyboard; undefined: it need not shrink. All in CSS pixels of the layout
 * viewport. A page that somebody has zoomed into is larger than what he sees, and meant to be.
 */
export function visibleHeight(box: { top: number; bottom: number }, viewport: VisibleViewport): number | undefined {
  if (Math.abs(viewport.scale - 1) > 0.01) return undefined;
  const visibleBottom = viewport.offsetTop + viewport.height;
  return visibleBottom < box.bottom - 1 ? Math.max(0, visibleBottom - box.top) : undefined;
}

/** Keeps `element` within what can be seen of its parent, and the page itself unscrolled. Returns what ends it. */
export function followVisibleArea(element: HTMLElement): () => void {
  const { visualViewport: viewport } = window;
  const parent = element.parentElement;
  if (!viewport || !parent) return () => undefined;
  const ending = new AbortController();
  const follow = (): void => {
    const height = visibleHeight(parent.getBoundingClientRect(), viewport);
    element.style.height = height === undefined ? '' : `${height}px`;
    // Some browsers push the whole page up to show what is typed into.
    if (height !== undefined && window.scrollY > 0) window.scrollTo(0, 0);
  };
  follow();
  viewport.addEventListener('resize', follow, { signal: ending.signal });
  viewport.addEventListener('scroll', follow, { signal: ending.signal });
  return () => ending.abort();
}
