/** Draws lines over logarithmic axes as an SVG: how a cost grows is a slope there. */

export interface Line {
  readonly name: string;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = 60;
const COLOURS = ['#0b6e99', '#c2410c', '#4d7c0f', '#7e22ce'];

/** @param labels what the axes show, with units; all values are above 0 */
export function lineChart(title: string, labels: { x: string; y: string }, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points);
  const x = logScale(
    points.map(([value]) => value),
    MARGIN,
    WIDTH - MARGIN,
  );
  const y = logScale(
    points.map(([, value]) => value),
    HEIGHT - MARGIN,
    MARGIN,
  );
  const drawn = lines.map(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = own.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${x(px)},${y(py)}`).join(' ');
    const dots = own
      .map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3" fill="${colour}"/>`)
      .join('');
    const values = own
      .map(([px, py]) => text(x(px), y(py) - 8, `${px}: ${py.toFixed(1)}`, 'middle'))
      .join('');
    const legend = `<text x="${MARGIN + 10}" y="${MARGIN + 16 * index}" fill="${colour}">${name}</text>`;
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${values}${legend}`;
  });
  const frame = `<path d="M${MARGIN},${MARGIN} V${HEIGHT - MARGIN} H${WIDTH - MARGIN}" fill="none" stroke="#888"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(WIDTH / 2, 24, title, 'middle'),
    text(WIDTH / 2, HEIGHT - 20, labels.x, 'middle'),
    text(10, 44, labels.y, 'start'),
    frame,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${content}</text>`;
}

/** Maps values to pixels by their logarithms, rounded to a tenth of a pixel. */
function logScale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.log(Math.min(...values));
  const high = Math.log(Math.max(...values));
  const range = high - low || 1;
  return (value) => Math.round(10 * (from + ((Math.log(value) - low) / range) * (to - from))) / 10;
}
