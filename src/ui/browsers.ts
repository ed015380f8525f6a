/** What the desktop of this account is, as far as opening a window on it asks. */
export interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  /** An environment variable; undefined when unset. */
  readonly get: (name: string) => string | undefined;
}

/** One way to show a page. `app`: in a window of its own, without the browser's bars. */
export interface WindowWay {
  readonly how: 'app' | 'browser';
  /** A name on the search path, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
}

/** Browsers that show a page as an app, those that are most often there first. */
const ON_LINUX = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
  'brave-browser',
  'vivaldi',
];
const ON_MAC = ['Google Chrome', 'Microsoft Edge', 'Chromium', 'Brave Browser', 'Vivaldi'];
const ON_WINDOWS = [
  ['ProgramFiles', 'Google\\Chrome\\Application\\chrome.exe'],
  ['ProgramFiles(x86)', 'Google\\Chrome\\Application\\chrome.exe'],
  ['LOCALAPPDATA', 'Google\\Chrome\\Application\\chrome.exe'],
  ['ProgramFiles(x86)', 'Microsoft\\Edge\\Application\\msedge.exe'],
  ['ProgramFiles', 'Microsoft\\Edge\\Application\\msedge.exe'],
  ['ProgramFiles', 'BraveSoftware\\Brave-Browser\\Application\\brave.exe'],
] as const;

/**
 * The ways to show a page on this desktop, the best first: as an app, then in whatever browser opens links. None without a
 * desktop, such as over `ssh`.
 */
export function windowWays(url: string, desktop: Desktop): readonly WindowWay[] {
  const asApp = appBrowsers(desktop).map((program) => ({ how: 'app', program, args: [`--app=${url}`] }) as const);
  if (desktop.platform === 'darwin') return [...asApp, { how: 'browser', program: 'open', args: [url] }];
  if (desktop.platform === 'win32') {
    // `start` is a word of the shell, which would read the URL as a command line.
    return [...asApp, { how: 'browser', program: 'rundll32', args: ['url.dll,FileProtocolHandler', url] }];
  }
  return hasDisplay(desktop) ? [...asApp, { how: 'browser', program: 'xdg-open', args: [url] }] : [];
}

/** Whether there is anything to show a window on; an account has a message bus over `ssh`, too. */
export const hasDisplay = ({ get }: Pick<Desktop, 'get'>): boolean =>
  (get('DISPLAY') ?? '') !== '' || (get('WAYLAND_DISPLAY') ?? '') !== '';

function appBrowsers({ platform, homeDir, get }: Desktop): readonly string[] {
  if (platform === 'darwin') {
    return ON_MAC.flatMap((name) =>
      ['', homeDir].map((root) => `${root}/Applications/${name}.app/Contents/MacOS/${name}`),
    );
  }
  if (platform === 'win32') {
    return ON_WINDOWS.flatMap(([folder, path]) => {
      const root = get(folder) ?? '';
      return root === '' ? [] : [`${root}\\${path}`];
    });
  }
  return ON_LINUX;
}
