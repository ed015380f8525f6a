import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { SHARED } from '../words/shared.ts';
import { Button, type ButtonLook, IconButton } from './button.tsx';

interface OverlayProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

const FOCUSABLE = 'input, select, textarea, button, a[href], [tabindex="0"]';

/** Takes the focus before it is drawn, so that no key goes past it, and gives it back to what opened it. */
function useHeldFocus() {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const fields = ref.current?.querySelectorAll<HTMLElement>('input, select, textarea');
    const first = fields?.[0] ?? ref.current?.querySelector<HTMLElement>(FOCUSABLE);
    first?.focus();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return ref;
}

/** Escape closes; Tab stays inside. */
function onKeyDown(event: KeyboardEvent, root: HTMLElement | null, onClose: () => void): void {
  if (event.key === 'Escape') {
    event.preventDefault(); // the window has a use for it, too
    onClose();
  }
  if (event.key !== 'Tab' || root === null) return;
  const all = [...root.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const edge = event.shiftKey ? all[0] : all.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? all.at(-1) : all[0])?.focus();
}

function Overlay({ label, onClose, children }: OverlayProps) {
  const ref = useHeldFocus();
  return (
    <div
      ref={ref}
      class="overlay"
      data-open
      role="dialog"
      aria-modal="true"
      aria-label={label}
      onKeyDown={(event) => onKeyDown(event, ref.current, onClose)}
    >
      <div class="overlay__away" onClick={onClose} />
      {children}
    </div>
  );
}

/** Something that the user began, and that nothing else should be done beside. */
export const Dialog = ({ label, onClose, children, foot }: OverlayProps & { readonly foot: ComponentChildren }) => (
  <Overlay label={label} onClose={onClose}>
    <section class="dialog">
      <div class="dialog__head">
        <h2>{label}</h2>
        <IconButton icon="x" label={SHARED.close} keys="Escape" onPress={onClose} />
      </div>
      <div class="dialog__body">{children}</div>
      <div class="dialog__foot">{foot}</div>
    </section>
  </Overlay>
);

interface ActionDialogProps extends OverlayProps {
  /** What its button says. */
  readonly submit: string;
  readonly look: Extract<ButtonLook, 'primary' | 'danger-fill'>;
  /** Whether `Ctrl+S` presses it. */
  readonly save?: boolean;
  /** `close` is for when it is done; it does nothing once the dialog is closed. */
  readonly onSubmit: (close: () => void) => Promise<void>;
}

/** Something to do, which may be thought better of. */
export function ActionDialog({ label, submit, look, save = false, onClose, onSubmit, children }: ActionDialogProps) {
  const close = useOwnClose(onClose);
  return (
    <Dialog
      label={label}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{SHARED.cancel}</Button>
          <Button look={look} save={save} onPress={() => onSubmit(close)}>
            {submit}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}

/** Closes a dialog once its answer has come. Where it was closed meanwhile, another may be open in its place, and stays. */
export function useOwnClose(onClose: () => void): () => void {
  const isOpen = useRef(true);
  useLayoutEffect(() => () => void (isOpen.current = false), []);
  return () => {
    if (isOpen.current) onClose();
  };
}

interface LightboxProps {
  readonly label: string;
  readonly src: string;
  readonly alt: string;
  readonly caption: ComponentChildren;
  readonly onClose: () => void;
}

/** An image as large as the window allows. */
export const Lightbox = ({ label, src, alt, caption, onClose }: LightboxProps) => (
  <Overlay label={label} onClose={onClose}>
    <figure class="lightbox">
      <img src={src} alt={alt} width="1024" height="1024" />
      <figcaption class="line line--wide">{caption}</figcaption>
    </figure>
  </Overlay>
);
