import { byID, make } from './elements.ts';

/** Lines kept on the page; older ones go. */
const maxLines = 300;
/** This close to the end counts as being at the end, in pixels. */
const endMargin = 48;

/** What was said in one room. Stays at the end while the reader is there. */
export class ChatLog {
  readonly #list = byID('log', HTMLOListElement);
  readonly #scroller = byID('scroller', HTMLElement);
  readonly #silence = byID('silence', HTMLParagraphElement);

  /** Empties the log for another room. */
  clear(): void {
    this.#list.replaceChildren();
    this.#silence.hidden = false;
  }

  /** Shows a line; nothing anybody wrote is ever parsed as HTML. */
  said(name: string | undefined, text: string): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < endMargin;
    const who = make('bdi', 'who', name ?? 'Somebody');
    who.style.setProperty('--hue', String(hueOf(name ?? '')));
    const what = make('span', 'what', text);
    what.dir = 'auto';
    this.#list.append(make('li', '', [who, document.createTextNode(' '), what]));
    while (this.#list.childElementCount > maxLines) this.#list.firstElementChild?.remove();
    this.#silence.hidden = true;
    if (isAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

/** A colour that is always the same for a name. */
function hueOf(name: string): number {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return hue;
}
