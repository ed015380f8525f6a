/** The pages, in the order of the sidebar and of `Ctrl+1` to `Ctrl+6`. */
export const TABS = ['status', 'jobs', 'models', 'config', 'logs', 'about'] as const;
export type Tab = (typeof TABS)[number];

/** Where in the window the reader is; `at` is the job, the group or the like that is open on the tab. */
export interface Route {
  readonly tab: Tab;
  readonly at?: string;
}

/** Reads the fragment of the window's URL, such as `#jobs/job-7`. What names no page is the first one. */
export function routeOf(fragment: string): Route {
  const [name, ...rest] = fragment.replace(/^#/, '').split('/');
  const tab = TABS.find((known) => known === name) ?? TABS[0];
  const at = decode(rest.join('/'));
  return tab === name && at !== '' ? { tab, at } : { tab };
}

/** The fragment that reads as this route. */
export const hrefOf = ({ tab, at }: Route): string =>
  at === undefined ? `#${tab}` : `#${tab}/${encodeURIComponent(at)}`;

/** The one-time code in a fragment such as `#code=abc`. */
export const codeIn = (fragment: string): string | undefined => /^#code=([\w-]+)$/.exec(fragment)?.[1];

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ''; // somebody cut the address off within a character
  }
}
