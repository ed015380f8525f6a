/**
 * Whether the operator paused this worker: from now on, until they resume it or it restarts. Never saved, unlike
 * `auto_enabled` (studio contract).
 */
export interface PauseSwitch {
  readonly paused: boolean;
  set(paused: boolean): void;
}

/** Not paused at first. `onChange` is called after each change, and not for what stays as it is. */
export function createPauseSwitch(onChange: (paused: boolean) => void): PauseSwitch {
  let paused = false;
  return {
    get paused() {
      return paused;
    },
    set(next) {
      if (paused === (paused = next)) return;
      onChange(paused);
    },
  };
}
