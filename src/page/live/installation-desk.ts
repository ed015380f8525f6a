import { type ReadonlySignal, signal } from '@preact/signals';
import type { ApiFinding, ApiUpdateCheck, PlaceName } from '../../local-api/contract/installation.ts';
import type { Browser } from '../browser/browser.ts';
import { ABOUT } from '../words/about.ts';
import { OUTCOMES, SHARED } from '../words/shared.ts';
import { call, type FailedCall } from './call.ts';
import type { ToastShelf } from './toasts.ts';

/** The program that the worker runs in: what its doctor found, and which release comes next. */
export interface InstallationDesk {
  /** Undefined until somebody had it examined. */
  readonly findings: ReadonlySignal<readonly ApiFinding[] | undefined>;
  /** Undefined until somebody looked. */
  readonly updateCheck: ReadonlySignal<ApiUpdateCheck | undefined>;
  readonly examine: () => Promise<void>;
  /** Installs nothing. */
  readonly checkForUpdate: () => Promise<void>;
  /** Moves to the newest release, or back to the one before. */
  readonly update: (how: 'newest' | 'rollback') => Promise<void>;
  readonly openPlace: (place: PlaceName) => Promise<void>;
}

interface InstallationDeskOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: FailedCall) => string;
}

export function createInstallationDesk({ browser, toasts, because }: InstallationDeskOptions): InstallationDesk {
  const findings = signal<readonly ApiFinding[] | undefined>(undefined);
  const updateCheck = signal<ApiUpdateCheck | undefined>(undefined);
  const sayFailed = (notDone: string, failed: FailedCall): void =>
    toasts.show('bad', SHARED.outcome(notDone, because(failed)));
  return {
    findings,
    updateCheck,
    async examine() {
      const called = await call(browser, 'doctor');
      if (called.is === 'answered') findings.value = called.answer;
      else sayFailed(ABOUT.outcomes.notExamined, called);
    },
    async checkForUpdate() {
      const called = await call(browser, 'checkUpdate');
      if (called.is !== 'answered') return sayFailed(ABOUT.outcomes.notChecked, called);
      updateCheck.value = called.answer;
      const { current, latest } = called.answer;
      toasts.show('ok', latest === null ? OUTCOMES.current(current) : ABOUT.available(latest));
    },
    async update(how) {
      const called = await call(browser, 'update', { body: how === 'rollback' ? { rollback: true } : {} });
      if (called.is !== 'answered') return sayFailed(OUTCOMES.notUpdated, called);
      const { is, version } = called.answer;
      toasts.show('ok', is === 'current' ? OUTCOMES.current(version) : OUTCOMES.updating(version));
    },
    async openPlace(place) {
      const called = await call(browser, 'openPlace', { body: { place } });
      if (called.is !== 'answered') return sayFailed(ABOUT.outcomes.notOpened, called);
      const { opened, folder } = called.answer;
      if (opened) toasts.show('ok', ABOUT.outcomes.opened(folder));
      else toasts.show('bad', ABOUT.outcomes.noDesktop(folder));
    },
  };
}
