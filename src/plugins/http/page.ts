/** Escapes text for HTML, in elements and quoted attributes. */
export function escapeHTML(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One application on the root page. */
export interface ListedApplication {
  readonly name: string;
  /** Link to it, with a slash at its end. */
  readonly href: string;
}

const STYLE = `
:root { color-scheme: light dark; --text: #1c2330; --muted: #5a6475; --line: #d5dae3; --card: #fff; --page: #f5f6f9; --accent: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8ebf1; --muted: #a3adbd; --line: #333b49; --card: #1b212b; --page: #12161d; --accent: #ff8a80 }
}
* { box-sizing: border-box }
body { margin: 0; padding: 3rem 1.25rem; background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, sans-serif }
main { max-width: 40rem; margin: 0 auto }
h1 { margin: 0 0 .25rem; font-size: 1.75rem }
p { margin: 0 0 1.5rem; color: var(--muted) }
ul { margin: 0; padding: 0; list-style: none; display: grid; gap: .75rem }
li a { display: block; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card) }
a { color: var(--accent); text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
small { display: block; color: var(--muted) }
`;

/** The page that lists what is deployed. */
export function rootPage(applications: readonly ListedApplication[]): string {
  const items = applications.map(
    ({ name, href }) =>
      `<li><a href="${escapeHTML(href)}">${escapeHTML(name)}<small>${escapeHTML(href)}</small></a></li>`,
  );
  const list =
    items.length === 0
      ? '<p>No application is deployed here.</p>'
      : `<p>Applications on this server</p>\n<ul>\n${items.join('\n')}\n</ul>`;
  return page('red5-node', `<h1>red5-node</h1>\n${list}`);
}

/** A short page for an HTTP error. */
export function errorPage(status: number, title: string, text: string): string {
  return page(
    `${status} ${title}`,
    `<h1>${escapeHTML(title)}</h1>\n<p>${escapeHTML(text)}</p>\n<a href="/">All applications</a>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHTML(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
