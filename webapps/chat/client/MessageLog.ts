import { byID, make, paintAvatar } from './elements.ts';
import { isOnlyEmoji, type Line } from './line.ts';

/** Lines kept on the page; older ones go. */
const maxLines = 500;
/** Longer texts are shown in part, with a button for the rest. */
const clipAbove = 1200;
/** Lines of one person within this time are shown as one group. */
const groupWithinMs = 5 * 60_000;
/** This close to the end counts as being at the end, in pixels. */
const endMargin = 60;

interface Shown {
  readonly element: HTMLLIElement;
  readonly by: string;
  readonly at: number;
}

/**
 * The conversation of one room.
 *
 * Stays at the end while the reader is there, and otherwise counts what arrives below. Nothing anybody wrote is ever parsed as HTML.
 */
export class MessageLog {
  readonly #list = byID('log', HTMLOListElement);
  readonly #scroller = byID('scroller', HTMLElement);
  readonly #jump = byID('jump', HTMLButtonElement);
  readonly #onUnread: (count: number) => void;
  readonly #own = new Map<string, { readonly element: HTMLLIElement; readonly text: string }>();
  #last: Shown | undefined;
  #mark: HTMLLIElement | undefined;
  #unread = 0;

  /** `onUnread` hears how many lines arrived unseen, 0 once they were seen. */
  constructor(onUnread: (count: number) => void) {
    this.#onUnread = onUnread;
    this.#jump.addEventListener('click', () => {
      this.#toEnd();
      this.#scroller.focus();
    });
    this.#scroller.addEventListener('scroll', () => this.#seen());
    document.addEventListener('visibilitychange', () => this.#seen());
    new ResizeObserver(() => {
      if (this.#unread === 0) this.#toEnd();
    }).observe(this.#scroller);
  }

  /** Empties the log for another room. */
  clear(): void {
    this.#list.replaceChildren();
    this.#own.clear();
    this.#last = undefined;
    this.#mark = undefined;
    this.#setUnread(0);
  }

  /** Shows a line somebody else said. */
  said(line: Line): void {
    const isSeen = this.#isSeen();
    if (!isSeen && this.#unread === 0) this.#markNew();
    this.#append(this.#lineElement(line, false), line.name ?? '', isSeen);
    if (!isSeen) this.#setUnread(this.#unread + 1);
  }

  /** Shows an own line that is on its way. */
  sending(line: Required<Line>): void {
    this.#mark?.remove();
    this.#mark = undefined;
    const element = this.#lineElement(line, true);
    this.#own.set(line.id, { element, text: line.text });
    this.#append(element, ownGroup, true);
  }

  /** Whether a line is one of those this page sent. */
  isOwn(line: Line): boolean {
    return line.id !== undefined && this.#own.has(line.id);
  }

  /** The server has shown an own line to everybody; it moves to where the server put it. */
  delivered(id: string): void {
    const element = this.#own.get(id)?.element;
    if (!element) return;
    this.#own.delete(id);
    element.classList.remove('pending', 'lost');
    element.querySelector('.delivery')?.remove();
    if (element === this.#list.lastElementChild) return;
    const isSeen = this.#isSeen();
    element.remove();
    this.#append(element, ownGroup, isSeen);
  }

  /**
   * Marks the own lines that the server has not shown, because the connection is gone: they may or may not have reached the room.
   * The visitor decides; `sendAgain` gets the text of a line when they do.
   */
  giveUpPending(sendAgain: (text: string) => void): void {
    for (const [id, { element, text }] of this.#own) {
      if (!element.classList.replace('pending', 'lost')) continue;
      this.#offerAgain(element, () => {
        element.remove();
        this.#own.delete(id);
        sendAgain(text);
      });
    }
    this.#toEnd();
  }

  #offerAgain(element: HTMLLIElement, sendAgain: () => void): void {
    const again = make('button', 'quiet', 'Send again');
    again.type = 'button';
    again.addEventListener('click', sendAgain);
    element
      .querySelector('.body')
      ?.append(make('p', 'delivery', [make('span', '', 'Perhaps not delivered.'), again]));
  }

  /** Tells of something that nobody said. */
  notice(text: string): void {
    const isSeen = this.#isSeen();
    this.#list.append(make('li', 'notice', text));
    this.#last = undefined;
    if (isSeen) this.#toEnd();
  }

  #append(element: HTMLLIElement, by: string, follow: boolean): void {
    const at = Date.now();
    const continues = this.#last?.by === by && at - this.#last.at < groupWithinMs;
    element.classList.toggle('same', continues && this.#last?.element.isConnected === true);
    this.#list.append(element);
    this.#last = { element, by, at };
    while (this.#list.childElementCount > maxLines) this.#list.firstElementChild?.remove();
    this.#list.firstElementChild?.classList.remove('same'); // a group must not lose its name
    if (follow) this.#toEnd();
  }

  #lineElement(line: Line, isOwn: boolean): HTMLLIElement {
    const avatar = make('span', 'avatar');
    avatar.setAttribute('aria-hidden', 'true');
    paintAvatar(avatar, line.name);
    const element = make('li', 'said', [
      avatar,
      make('div', 'body', [whoElement(line, isOwn), bubbleElement(line.text)]),
    ]);
    element.classList.toggle('own', isOwn);
    element.classList.toggle('pending', isOwn);
    return element;
  }

  #markNew(): void {
    this.#mark?.remove();
    this.#mark = make('li', 'new-from-here', 'New');
    this.#list.append(this.#mark);
    this.#last = undefined;
  }

  #isSeen(): boolean {
    return !document.hidden && this.#isAtEnd();
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < endMargin;
  }

  #seen(): void {
    if (this.#isSeen()) this.#setUnread(0);
  }

  #setUnread(count: number): void {
    this.#unread = count;
    this.#jump.hidden = count === 0;
    this.#jump.textContent = `${count} new ${count === 1 ? 'line' : 'lines'} below`;
    this.#onUnread(count);
  }

  #toEnd(): void {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#seen();
  }
}

/** No name can be this: names have no line breaks. */
const ownGroup = '\n';

function whoElement(line: Line, isOwn: boolean): HTMLElement {
  const name = make('bdi', '', isOwn ? 'You' : (line.name ?? 'Somebody'));
  const now = new Date();
  const time = make('time', '', timeOfDay.format(now));
  time.dateTime = now.toISOString();
  const parts: Node[] = [name, time];
  if (line.name === undefined) parts.splice(1, 0, make('span', 'kind', 'plain text'));
  return make('p', 'who', parts);
}

function bubbleElement(text: string): HTMLElement {
  const paragraph = make('p', isOnlyEmoji(text) ? 'emoji' : '', text);
  paragraph.dir = 'auto';
  const bubble = make('div', 'bubble', [paragraph]);
  if (text.length <= clipAbove) return bubble;
  paragraph.classList.add('clipped');
  const more = make('button', 'more quiet', 'Show all');
  more.type = 'button';
  more.setAttribute('aria-expanded', 'false');
  more.addEventListener('click', () => {
    const isClipped = paragraph.classList.toggle('clipped');
    more.textContent = isClipped ? 'Show all' : 'Show less';
    more.setAttribute('aria-expanded', String(!isClipped));
  });
  bubble.append(more);
  return bubble;
}

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
