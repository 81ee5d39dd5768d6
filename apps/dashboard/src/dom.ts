type Attributes = Record<string, string | boolean | undefined>;
type Child = Node | string | undefined;

/** A new element. Attributes that are undefined or false are left out; strings become text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button that does not submit a form. */
export function button(label: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', press);
  return made;
}

/** Listens until the returned function is called. */
export function listen(target: EventTarget, type: string, call: (event: Event) => void): () => void {
  target.addEventListener(type, call);
  return () => target.removeEventListener(type, call);
}
