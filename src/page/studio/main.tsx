import { render } from 'preact';
import { realBrowser } from '../browser/browser.ts';
import { BrowserProvider } from '../kit/page-context.ts';
import { App } from './app.tsx';
import { openStudioPage } from './live/page.ts';
import { onKey } from './on-key.ts';

/* Where the browser begins. */

const page = openStudioPage(realBrowser);
realBrowser.onKey((event) => onKey(event, page));
render(
  <BrowserProvider value={realBrowser}>
    <App page={page} />
  </BrowserProvider>,
  document.body,
);
