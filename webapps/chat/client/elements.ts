/** The element of the page with this id, which must be of this kind. */
export function byID<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} "${id}"`);
  return element;
}

/** Makes an element. Text given here is shown as text, whatever is in it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  content: string | readonly Node[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  if (typeof content === 'string') element.textContent = content;
  else element.append(...content);
  return element;
}

/** Fills a round picture with the first letter of a name and a colour that is always the same for it. */
export function paintAvatar(avatar: HTMLElement, name: string | undefined): void {
  avatar.classList.toggle('unnamed', name === undefined);
  avatar.textContent = name === undefined ? '?' : firstLetter(name);
  let hue = 0;
  for (const letter of name ?? '') hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  avatar.style.setProperty('--hue', String(hue));
}

function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter().segment(name);
  return (first?.segment ?? '').toLocaleUpperCase();
}
