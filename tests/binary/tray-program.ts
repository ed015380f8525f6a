import { openWindowsTray } from '../../src/system/desktop/tray/windows/windows.ts';
import { closeOwnConsole } from '../../src/system/desktop/own-console.ts';
import { systemClock } from '../../src/system/clock.ts';

/* Shows an icon of Windows, and prints a line of JSON for each thing that it is told. It ends when `quit` is chosen. */

const say = (fact: unknown): void => console.log(JSON.stringify(fact));
await closeOwnConsole(process.platform); // there is none here: what is told below is read as before
const ended = Promise.withResolvers<void>();
const tray = openWindowsTray({
  clock: systemClock,
  look: {
    icon: 'idle',
    title: 'studio-worker: idle',
    text: 'Waits for jobs',
    menu: [
      { is: 'line', label: 'Idle', enabled: false },
      { is: 'separator' },
      { is: 'line', label: 'Pause', action: 'pause', enabled: true },
      { is: 'line', label: 'Quit & stop', action: 'quit', enabled: true },
    ],
  },
  onAction: (action) => {
    say({ action });
    if (action === 'quit') ended.resolve();
  },
  onActivate: () => say('activate'),
  onShown: (isShown, because) => say({ isShown, because }),
});
await ended.promise;
await tray[Symbol.asyncDispose]();
