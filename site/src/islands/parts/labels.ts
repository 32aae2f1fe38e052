// Where the names of the dots of a plot go.

export interface Mark {
  /** The middle of the dot, in pixels of the canvas. */
  x: number;
  y: number;
  /** Of the name. */
  width: number;
  /** Placed before the others. */
  first: boolean;
  /** How far its whisker goes up and down. */
  reach?: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Placed {
  /** Which mark. */
  i: number;
  /** The left end and the middle of the name. */
  x: number;
  y: number;
  /** So far off its dot that a line has to lead to it. */
  far: boolean;
}

const overlap = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/**
 * Places each name beside its dot, above or below it: wherever it runs neither over another dot
 * nor over another name, where it can over no whisker either, and stays within bounds. One for which
 * there is no room is left out.
 */
export function place(marks: readonly Mark[], bounds: Box, ratio: number): Placed[] {
  const half = 6.5 * ratio;
  const taken: (Box & { of: number })[] = marks.map(({ x, y }, of) => ({
    left: x - 6 * ratio,
    right: x + 6 * ratio,
    top: y - 6 * ratio,
    bottom: y + 6 * ratio,
    of,
  }));
  const whiskers: Box[] = marks.map(({ x, y, reach = 0 }) => ({ left: x - 2 * ratio, right: x + 2 * ratio, top: y - reach, bottom: y + reach }));
  const order = marks.map((_, i) => i).sort((a, b) => Number(marks[b]!.first) - Number(marks[a]!.first) || a - b);
  const placed: Placed[] = [];
  for (const i of order) {
    const { x, y, width } = marks[i]!;
    const middle = Math.min(Math.max(x - width / 2, bounds.left), bounds.right - width);
    const beside = 11 * ratio;
    const tries = [
      { x: x + beside, y, far: false },
      ...[16, -16].map((by) => ({ x: middle, y: y + by * ratio, far: false })),
      { x: x - width - beside, y, far: false },
      ...[30, -30, 44, 58, 72].flatMap((by) => [middle, x - 3 * ratio, x - width + 3 * ratio].map((left) => ({ x: left, y: y + by * ratio, far: true }))),
    ];
    const fits = (at: (typeof tries)[number], crossing: boolean) => {
      const box = { left: at.x - 2 * ratio, right: at.x + width + 2 * ratio, top: at.y - half, bottom: at.y + half };
      const inside = at.x >= bounds.left && at.x + width <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom;
      // The line to a name that is far off runs over nothing either.
      const line = { left: x - ratio, right: x + ratio, top: Math.min(y, at.y), bottom: Math.max(y, at.y) };
      return (
        inside &&
        (crossing || !whiskers.some((other) => overlap(box, other))) &&
        taken.every((other) => other.of === i || (!overlap(box, other) && !(at.far && overlap(line, other))))
      );
    };
    const free = tries.find((at) => fits(at, false)) ?? tries.find((at) => fits(at, true));
    if (!free) continue;
    taken.push({ left: free.x, right: free.x + width, top: free.y - half, bottom: free.y + half, of: -1 });
    placed.push({ i, ...free });
  }
  return placed;
}
