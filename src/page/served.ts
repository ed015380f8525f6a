import type { PageName, PageScript } from '../system/page-script.ts';
import components from './style/components.css' with { type: 'text' };
import tokens from './style/tokens.css' with { type: 'text' };
import studioIcon from './style/studio-icon.svg' with { type: 'text' };
import workerIcon from './style/worker-icon.svg' with { type: 'text' };
import { SHARED } from './words/shared.ts';
import { STUDIO } from './words/studio/shell.ts';

/** A file of a page, as a server sends it. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/**
 * Headers of every file of a page. Nothing but its own files, and no other page may show it in a frame: a click on a button
 * of ours is a click that somebody meant.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Another release of the program serves other files from the same URLs.
  'cache-control': 'no-cache',
};

const ICONS: Readonly<Record<PageName, string>> = { worker: workerIcon, studio: studioIcon };
const NAMES: Readonly<Record<PageName, string>> = { worker: SHARED.product, studio: STUDIO.product };

/** The file at a path, or undefined where a page has none. Its script is asked for once. */
export async function pageFile(page: PageName, path: string, pageScript: PageScript): Promise<PageFile | undefined> {
  switch (path) {
    case '/':
      return { type: 'text/html; charset=utf-8', body: indexOf(page) };
    case '/assets/page.css':
      return { type: 'text/css; charset=utf-8', body: tokens + components };
    case '/assets/page.js':
      return { type: 'text/javascript; charset=utf-8', body: await scriptOf(page, pageScript) };
    case '/assets/icon.svg':
      return { type: 'image/svg+xml', body: ICONS[page] };
    default:
      return undefined;
  }
}

const scripts = new Map<PageName, Promise<string>>();

function scriptOf(page: PageName, pageScript: PageScript): Promise<string> {
  const known = scripts.get(page) ?? pageScript(page);
  scripts.set(page, known);
  return known;
}

const indexOf = (page: PageName): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <meta name="color-scheme" content="light dark" />
    <title>${NAMES[page]}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/icon.svg" />
    <link rel="stylesheet" href="/assets/page.css" />
    <script type="module" src="/assets/page.js"></script>
  </head>
  <body class="app">
    <noscript>${page === 'worker' ? SHARED.noScript : STUDIO.noScript}</noscript>
  </body>
</html>
`;
