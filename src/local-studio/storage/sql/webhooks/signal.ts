/** Says that something happened, to whoever wants to know. */
export interface Signal {
  raise(): void;
  subscribe(listener: () => void): () => void;
}

/** With nobody listening at first. */
export function createSignal(): Signal {
  const listeners = new Set<() => void>();
  return {
    raise: () => {
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
