import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { MEDIA } from '../../../words/media.ts';
import { Button } from '../../button.tsx';
import { useBrowser } from '../../page-context.ts';
import { type Drawing, openDrawing } from './drawing.ts';
import type { Look } from './matrix.ts';
import { type MeshPart, partsOf } from './parts.ts';
import { dragged, FIRST_LOOK, lookBy, passed, turned, zoomed } from './turning.ts';

interface MeshViewProps {
  readonly src: string;
  readonly label: string;
  /** What else there is to do with the model. */
  readonly actions: ComponentChildren;
}

/** A 3D model that turns, by itself or by whoever looks at it. With reduced motion it stands until somebody turns it. */
export function MeshView({ src, label, actions }: MeshViewProps) {
  const { prefersStill } = useBrowser();
  const [isTurning, setTurning] = useState(() => !prefersStill());
  const view = useDrawing(src, isTurning);
  if (view.state === 'failed') {
    return (
      <div class="stack stack--tight">
        <p class="note">{MEDIA.cannotShow}</p>
        <div class="line">{actions}</div>
      </div>
    );
  }
  const turn = (change: (look: Look) => Look): void => {
    setTurning(false);
    view.change(change);
  };
  return (
    <div class="stack stack--tight" role="group" aria-label={label}>
      <div class="view">
        <MeshCanvas view={view} onTurn={turn} />
      </div>
      <div class="line">
        <Button small icon="undo" onPress={() => turn((look) => turned(look, -1))}>
          {MEDIA.turnLeft}
        </Button>
        <Button small icon="retry" onPress={() => turn((look) => turned(look, 1))}>
          {MEDIA.turnRight}
        </Button>
        <Button small icon={isTurning ? 'pause' : 'play'} onPress={() => setTurning(!isTurning)}>
          {isTurning ? MEDIA.stopTurning : MEDIA.keepTurning}
        </Button>
        {actions}
      </div>
    </div>
  );
}

interface MeshCanvasProps {
  readonly view: DrawingView;
  readonly onTurn: (change: (look: Look) => Look) => void;
}

function MeshCanvas({ view, onTurn }: MeshCanvasProps) {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || lookBy(event.key, FIRST_LOOK) === undefined) return;
    event.preventDefault();
    onTurn((look) => lookBy(event.key, look) ?? look);
  };
  return (
    <canvas
      ref={view.canvas}
      tabIndex={0}
      role="img"
      aria-label={MEDIA.mesh(view.triangles)}
      data-state={view.state}
      onKeyDown={onKeyDown}
      onPointerDown={({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId)}
      onPointerMove={({ buttons, movementX, movementY }) =>
        buttons > 0 && onTurn((look) => dragged(look, movementX, movementY))
      }
      onWheel={(event) => {
        if (document.activeElement !== event.currentTarget) return; // the page scrolls until somebody means the model
        event.preventDefault();
        onTurn((look) => zoomed(look, Math.sign(event.deltaY)));
      }}
    />
  );
}

interface DrawingView {
  readonly canvas: { current: HTMLCanvasElement | null };
  readonly state: 'reading' | 'drawn' | 'failed';
  readonly triangles: number;
  readonly change: (change: (look: Look) => Look) => void;
}

/** Reads the file, draws it, and draws it anew as it turns. */
function useDrawing(src: string, isTurning: boolean): DrawingView {
  const { readBytes, decodeImage, frames } = useBrowser();
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const look = useRef(FIRST_LOOK);
  const [state, setState] = useState<DrawingView['state']>('reading');
  const [triangles, setTriangles] = useState(0);
  useEffect(() => {
    let isGone = false;
    const show = async (parts: readonly MeshPart[]): Promise<void> => {
      const opened = canvas.current === null ? undefined : await openDrawing(canvas.current, parts, decodeImage);
      if (isGone) return opened?.close();
      drawing.current = opened;
      opened?.draw(look.current);
      setTriangles(parts.reduce((sum, { indices }) => sum + indices.length / 3, 0));
      setState(opened === undefined ? 'failed' : 'drawn');
    };
    void readBytes(src)
      .then((file) => show(partsOf(file)))
      .catch(() => !isGone && setState('failed'));
    return () => {
      isGone = true;
      drawing.current?.close();
    };
  }, [src, readBytes, decodeImage]);
  useEffect(() => {
    if (!isTurning || state !== 'drawn') return undefined;
    return frames((ms) => {
      look.current = passed(look.current, ms);
      drawing.current?.draw(look.current);
    });
  }, [isTurning, state, frames]);
  const change = (make: (look: Look) => Look): void => {
    look.current = make(look.current);
    drawing.current?.draw(look.current);
  };
  return { canvas, state, triangles, change };
}
