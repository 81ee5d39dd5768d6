/** Puts a text on the clipboard; false: the browser does not let the page. Also where a page without TLS has no clipboard of its own. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The clipboard's text, asked for by a press; undefined: the browser or the person says no. */
export async function readClipboard(): Promise<string | undefined> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return undefined;
  }
}

function copyBySelection(text: string): boolean {
  const carrier = document.createElement('textarea');
  carrier.value = text;
  carrier.readOnly = true;
  carrier.className = 'off-screen';
  const before = document.activeElement;
  document.body.append(carrier);
  carrier.select();
  try {
    return document.execCommand('copy');
  } finally {
    carrier.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
