import { own, type Sentences, size, text } from './text.ts';
import type { Fields } from '../logger.ts';

const step = (f: Fields): string => `${text(f.from)} -> ${text(f.to)}`;

/** Updates. Those above the blank line are the contract's (category `auto-update`), which operators search for, so they are fixed. */
export const UPDATE_SENTENCES = {
  'update.not-needed': own((f) => `up to date at ${text(f.version)}`),
  'update.found': own((f) => `update available ${step(f)}; applying`),
  'update.waiting': own(
    (f) => `update ${step(f)} waits for the running job to end; new offers are turned away until then (at most 30 min)`,
  ),
  'update.gave-up': own(
    (f) =>
      `update ${step(f)} gave up waiting for the running job after 30 min; offers flow again, and the next check tries again`,
  ),
  'update.replaced': own(() => 'binary replaced; restart pending'),
  'update.failed': own((f) => `update failed: ${text(f.error)}`),
  'update.blocked': own((f) => `update blocked by the OS: ${text(f.because)} (${text(f.error)})`),
  'update.check-failed': own((f) => `check failed: ${text(f.error)}`),

  'release.tag-unreadable': own((f) => `ignoring the release ${text(f.tag)}: its tag names no version`),
  'release.skipped': own((f) => `not moving to ${text(f.version)}: ${text(f.because)}`),
  'release.rejected': own((f) => `rejecting the release ${text(f.version)}: ${text(f.because)}`),
  'update.downloading': own((f) => `downloading ${text(f.version)}, ${size(f.sizeBytes)}, from ${text(f.url)}`),
  'update.staged': own((f) => `${text(f.version)} is downloaded and verified`),
  'update.tried': own((f) => `trying ${text(f.version)} while this version waits`),
  'update.swapped-here': own((f) => `replacing the executable without the installer: ${text(f.because)}`),
  'update.shelved': own((f) => `${text(f.version)} is not tried again: ${text(f.because)}`),
  'update.rolled-back': own((f) => `${text(f.version)} was rolled back: ${text(f.because)}`),
  'update.off': own((f) => `updates are off: ${text(f.because)}`),
  'update-state.unreadable': own(
    (f) => `the updater starts over, because ${text(f.path)} is unreadable: ${text(f.because)}`,
  ),
  'update-state.not-saved': own((f) => `cannot save what the updater knows: ${text(f.error)}`),
} satisfies Sentences;
