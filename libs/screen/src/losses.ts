/**
 * What a checkpoint can fail to carry, because no sequence of a terminal sets it:
 * `scrollback` older lines beyond the size limit; `cells` halves of wide characters that a resize or an insertion tore apart; `hidden` cells beyond
 * the edges of the alternate screen, which xterm keeps when it gets smaller; `wrapping` that a line goes on from the one above, in a terminal
 * of one row; `pen` and `charset` mixtures that only a DECRC makes, once that slot is gone; `saved-cursor` a DECSC position that the terminal has
 * become too small for; `tab-stops` ones beyond the right edge; `pending-wrap` over an erased last cell of the alternate screen; `joining` a
 * combining mark to come, right after a resize; `failure` output that xterm threw at, which can miss from then on.
 */
export type ScreenLoss =
  | 'scrollback'
  | 'cells'
  | 'hidden'
  | 'wrapping'
  | 'pen'
  | 'charset'
  | 'saved-cursor'
  | 'tab-stops'
  | 'pending-wrap'
  | 'joining'
  | 'failure';
