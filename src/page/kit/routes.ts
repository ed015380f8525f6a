/** Where in a window the reader is; `at` is the job, the group or the like that is open on the tab. */
export interface RouteTo<Tab extends string> {
  readonly tab: Tab;
  readonly at?: string;
}

/** Reads the fragment of a window's URL, such as `#jobs/job-7`. What names no page is the first one. */
export function readRoute<Tab extends string>(tabs: readonly [Tab, ...Tab[]], fragment: string): RouteTo<Tab> {
  const [name, ...rest] = fragment.replace(/^#/, '').split('/');
  const tab = tabs.find((known) => known === name) ?? tabs[0];
  const at = decode(rest.join('/'));
  return tab === name && at !== '' ? { tab, at } : { tab };
}

/** The fragment that reads as this route. */
export const routeHref = ({ tab, at }: RouteTo<string>): string =>
  at === undefined ? `#${tab}` : `#${tab}/${encodeURIComponent(at)}`;

/** The one-time code in a fragment such as `#code=abc`. */
export const codeIn = (fragment: string): string | undefined => /^#code=([\w-]+)$/.exec(fragment)?.[1];

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ''; // a URL that was typed: it names the tab alone
  }
}
