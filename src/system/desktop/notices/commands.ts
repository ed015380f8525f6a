import type { Notice } from './notice.ts';

/** A program that shows a notice, and the variables that it reads it from. */
export interface NoticeCommand {
  readonly command: readonly [program: string, ...args: string[]];
  readonly variables: Readonly<Record<string, string>>;
}

const SCRIPT = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];

/** macOS. The words are arguments of the script, so that nothing in them is read as a part of it. */
export const macNotice = ({ title, body }: Notice): NoticeCommand => ({
  command: ['osascript', ...SCRIPT.flatMap((line) => ['-e', line]), '--', title, body],
  variables: {},
});

/** A toast needs a program that the Start menu knows: this is Windows PowerShell's own name there. */
const POWERSHELL_ID = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe';
const TOASTS = 'Windows.UI.Notifications';

/** Windows, by the PowerShell that comes with it: later ones do not reach the system's own types. */
export const windowsNotice = ({ title, body }: Notice): NoticeCommand => ({
  command: [
    'powershell',
    '-NoProfile',
    '-NonInteractive',
    '-Command',
    [
      `$manager = [${TOASTS}.ToastNotificationManager, ${TOASTS}, ContentType = WindowsRuntime]`,
      `$toast = $manager::GetTemplateContent([${TOASTS}.ToastTemplateType]::ToastText02)`,
      "$lines = $toast.GetElementsByTagName('text')",
      '$null = $lines.Item(0).AppendChild($toast.CreateTextNode($env:NOTICE_TITLE))',
      '$null = $lines.Item(1).AppendChild($toast.CreateTextNode($env:NOTICE_BODY))',
      `$manager::CreateToastNotifier('${POWERSHELL_ID}').Show([${TOASTS}.ToastNotification]::new($toast))`,
    ].join('; '),
  ],
  variables: { NOTICE_TITLE: title, NOTICE_BODY: body },
});
