import type { Lingering } from '../../service/linger.ts';
import type { ServiceState } from '../../service/service.ts';

/** The service that starts the worker of this account, as commands see and change it. */
export interface ServiceControl {
  /** systemd, launchd or the Task Scheduler. */
  readonly manager: string;
  /** Its file. */
  readonly path: string;
  /** Notes which folders a first config file makes, so that they can be removed again. To be called before that. */
  prepare(): Promise<void>;
  /**
   * Writes it and starts it. `isolated`: whether it can write its own folders only; undefined where nobody offers that.
   *
   * @throws WorkerError `service.not-activated` | `service.unsupported` | `config.invalid`
   */
  install(): Promise<{ readonly isolated: boolean | undefined }>;
  /** Stops and removes it; what failed on the way is given back. */
  uninstall(): Promise<{ readonly removed: boolean; readonly failures: readonly string[] }>;
  /** Has the icon start at a login, or not. @throws WorkerError `service.not-activated` */
  syncLogin(enabled: boolean): Promise<void>;
  state(): Promise<ServiceState>;
  /** Whether it outlives the operator's last session; undefined where that is no question. */
  lingering(): Promise<Lingering | undefined>;
  /** @throws WorkerError `service.not-activated` */
  enableLinger(): Promise<void>;
}
