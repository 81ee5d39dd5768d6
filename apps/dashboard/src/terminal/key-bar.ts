import { button, element } from '../dom.js';

const ESC = '\u001b';

/** Keys that a phone's keyboard lacks. Arrows depend on what the program asked for. */
const KEYS: readonly [label: string, name: string, sequence: (applicationCursor: boolean) => string][] = [
  ['Esc', 'Escape', () => ESC],
  ['Tab', 'Tab', () => '\t'],
  ['⇧Tab', 'Shift and Tab', () => `${ESC}[Z`],
  ['^C', 'Control and C', () => '\u0003'],
  ['^D', 'Control and D', () => '\u0004'],
  ['←', 'Left', (application) => `${ESC}${application ? 'O' : '['}D`],
  ['↑', 'Up', (application) => `${ESC}${application ? 'O' : '['}A`],
  ['↓', 'Down', (application) => `${ESC}${application ? 'O' : '['}B`],
  ['→', 'Right', (application) => `${ESC}${application ? 'O' : '['}C`],
];

/** A row of keys for screens that are touched. */
export function keyBar(terminal: { press(sequence: string): void; applicationCursor: boolean }): HTMLElement {
  const keys = KEYS.map(([label, name, sequence]) => {
    const key = button(label, () => terminal.press(sequence(terminal.applicationCursor)), { 'aria-label': name });
    // The terminal keeps the focus, and the phone its keyboard.
    key.addEventListener('pointerdown', (event) => event.preventDefault());
    return key;
  });
  return element('div', { class: 'keys', role: 'toolbar', 'aria-label': 'Keys' }, ...keys);
}
