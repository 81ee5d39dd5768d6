import { useQuery } from '@tanstack/react-query';

/** One square of the code's grid; `qrcode` gives a matrix, which becomes one path: no image, no markup from elsewhere. */
async function pathOf(text: string): Promise<{ size: number; path: string }> {
  const { create } = await import('qrcode');
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const cells = Array.from(modules.data, (dark, at) => (dark ? `M${at % modules.size} ${Math.trunc(at / modules.size)}h1v1h-1z` : ''));
  return { size: modules.size, path: cells.join('') };
}

/** Light around the code, in squares: what readers need. */
const QUIET = 4;

/** A text as a QR code, dark on light in every theme, because many readers take nothing else. */
export function QrCode({ text, label }: { text: string; label: string }) {
  // What the text holds may be secret: nothing of it outlives the code on the screen.
  const { data } = useQuery({ queryKey: ['qr-code', text], queryFn: () => pathOf(text), gcTime: 0, staleTime: Infinity });
  const size = (data?.size ?? 37) + 2 * QUIET;
  return (
    <svg className="qr-code" viewBox={`${-QUIET} ${-QUIET} ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect x={-QUIET} y={-QUIET} width={size} height={size} fill="#ffffff" />
      <path d={data?.path ?? ''} fill="#000000" />
    </svg>
  );
}
