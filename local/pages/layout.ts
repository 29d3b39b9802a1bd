import { html } from 'hono/html';

/** A piece of HTML whose values are escaped already. */
export type Markup = ReturnType<typeof html>;

/** A whole page of the local cloud. `body` stands in its main landmark. */
export function layout(title: string, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - local cloud</title>
<link rel="stylesheet" href="/_local/style.css">
</head>
<body>
<header><a href="/_local/">Local cloud</a> <a href="/">The site</a></header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

/** An instant as a person reads it, to the second, in UTC. */
export function instant(at: string | Date): Markup {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** The style sheet: small, light and dark, no wider than the screen. */
export const styleSheet = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f24, #e6e9ee);
  --soft: light-dark(#4b5563, #aab3c0);
  --paper: light-dark(#ffffff, #14171c);
  --line: light-dark(#c9d0d9, #3a424e);
  --link: light-dark(#0b4f9e, #8fc1ff);
}
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header, main { max-width: 64rem; margin: 0 auto; padding: 0.75rem 1rem; }
header { display: flex; gap: 1.5rem; border-bottom: 1px solid var(--line); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2rem; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.25rem; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.75rem 0.4rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; margin: 0.5rem 0; }
button, input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 4px; padding: 0.4rem 0.8rem; min-height: 2.75rem; }
label { display: grid; gap: 0.25rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); padding: 0.75rem; }
dt { color: var(--soft); }
dd { margin: 0 0 0.5rem; overflow-wrap: anywhere; }
iframe { width: 100%; height: 70vh; border: 1px solid var(--line); background: #ffffff; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { display: block; border-top: 1px solid var(--line); padding: 0.4rem 0; }
  td { display: block; border: 0; padding: 0.1rem 0; }
}
`;
