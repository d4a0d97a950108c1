/** Draws simulations as one SVG: for each load the waiting jobs and the running tasks over time. */
import type { Minute, SimulationResult } from './simulate.ts';

const WIDTH = 900;
const PANEL = { height: 190, left: 64, right: 64, top: 34, bottom: 26 } as const;
const COLOURS = { waiting: '#9db8d9', tasks: '#c2410c', text: '#1f2937', grid: '#d1d5db' } as const;
const PLOT_WIDTH = WIDTH - PANEL.left - PANEL.right;
const PLOT_HEIGHT = PANEL.height - PANEL.top - PANEL.bottom;

export function drawSimulations(results: readonly SimulationResult[]): string {
  const height = results.length * PANEL.height;
  const panels = results.map((result, index) => panel(result, index * PANEL.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="${COLOURS.text}">
<title>Jobs waiting and tasks running over time</title>
<rect width="100%" height="100%" fill="white"/>
${panels.join('\n')}
</svg>
`;
}

function panel({ shape, minutes }: SimulationResult, y: number): string {
  const mostWaiting = niceCeiling(Math.max(...minutes.map(({ waiting }) => waiting)));
  const mostTasks = niceCeiling(Math.max(...minutes.map(({ runningTasks }) => runningTasks)));
  const bottom = PANEL.top + PLOT_HEIGHT;
  const area = curve(minutes, ({ waiting }) => waiting / mostWaiting);
  const line = curve(minutes, ({ runningTasks }) => runningTasks / mostTasks);
  return `<g transform="translate(0 ${y})">
<text x="${PANEL.left}" y="20" font-weight="bold">${shape.name}</text>
<text x="${WIDTH - PANEL.right}" y="20" text-anchor="end"><tspan fill="#5b7fae">jobs waiting (left)</tspan>   <tspan fill="${COLOURS.tasks}">tasks running (right)</tspan></text>
${[0, 0.5, 1].map((part) => gridLine(part, mostWaiting, mostTasks)).join('\n')}
<polygon points="${PANEL.left},${bottom} ${area} ${WIDTH - PANEL.right},${bottom}" fill="${COLOURS.waiting}"/>
<polyline points="${line}" fill="none" stroke="${COLOURS.tasks}" stroke-width="1.6"/>
${hourMarks(minutes.length / 60, bottom)}
</g>`;
}

function gridLine(part: number, mostWaiting: number, mostTasks: number): string {
  const y = PANEL.top + PLOT_HEIGHT * (1 - part);
  return `<line x1="${PANEL.left}" x2="${WIDTH - PANEL.right}" y1="${y}" y2="${y}" stroke="${COLOURS.grid}"/>
<text x="${PANEL.left - 8}" y="${y + 4}" text-anchor="end">${mostWaiting * part}</text>
<text x="${WIDTH - PANEL.right + 8}" y="${y + 4}" fill="${COLOURS.tasks}">${mostTasks * part}</text>`;
}

function hourMarks(hours: number, bottom: number): string {
  const every = hours > 14 ? 4 : 1;
  const marks: string[] = [];
  for (let hour = 0; hour <= hours; hour += every) {
    const x = PANEL.left + (PLOT_WIDTH * hour) / hours;
    marks.push(`<text x="${x.toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${hour} h</text>`);
  }
  return marks.join('\n');
}

/** Points of a curve; `part` is its height, 0 to 1. */
function curve(minutes: readonly Minute[], part: (minute: Minute) => number): string {
  return minutes
    .map((minute, index) => {
      const x = PANEL.left + (PLOT_WIDTH * index) / (minutes.length - 1);
      const y = PANEL.top + PLOT_HEIGHT * (1 - part(minute));
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

/** The next even number of one or two digits and zeros. */
function niceCeiling(value: number): number {
  const digit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))));
  return Math.max(2, Math.ceil(value / digit / 2) * 2 * digit);
}
