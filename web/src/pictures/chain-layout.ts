import type { Chain, ChainCard, ChainEdge } from "./chain.ts";

/** Where everything of a chain goes, in the units of the picture's own coordinates. */
export type ChainLayout = {
  readonly width: number;
  readonly height: number;
  readonly headings: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  readonly cards: readonly PlacedCard[];
  readonly edges: readonly PlacedEdge[];
};
export type PlacedCard = ChainCard & { readonly x: number; readonly y: number };
export type PlacedEdge = ChainEdge & {
  readonly path: string;
  /** The middle of its level part: the grade stands above, the evidence below. */
  readonly label: { readonly x: number; readonly y: number };
};

export const CARD_WIDTH = 172;
export const CARD_HEIGHT = 86;
const COLUMN_GAP = 84;
const ROW_GAP = 18;
const HEADING_HEIGHT = 30;
const MARGIN = 2;
/** Edges leave a card on one trunk and turn off it level with the card they go to, so none runs through a label. */
const TRUNK = 14;
const TURN = 6;

/**
 * Columns side by side, the first card of each in one row, so that the main chain reads straight across. Nothing is
 * measured: sizes are constants.
 */
export function layoutChain(chain: Chain): ChainLayout {
  const tallest = Math.max(1, ...chain.columns.map(({ cards }) => cards.length));
  const bodyHeight = tallest * CARD_HEIGHT + (tallest - 1) * ROW_GAP;
  const columnX = (i: number): number => MARGIN + i * (CARD_WIDTH + COLUMN_GAP);
  const cards = chain.columns.flatMap((column, i) =>
    column.cards.map((card, row) => ({ ...card, x: columnX(i), y: HEADING_HEIGHT + row * (CARD_HEIGHT + ROW_GAP) })),
  );
  const byId = new Map(cards.map((card) => [card.id, card]));
  return {
    width: columnX(chain.columns.length - 1) + CARD_WIDTH + MARGIN,
    height: HEADING_HEIGHT + bodyHeight + MARGIN,
    headings: chain.columns.map(({ heading }, i) => ({ text: heading, x: columnX(i), y: 16 })),
    cards,
    edges: chain.edges.flatMap((edge) => {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
      const isAlone = chain.edges.filter((other) => other.from === edge.from).length === 1;
      return from && to ? [placeEdge(edge, { from, to, isAlone })] : [];
    }),
  };
}

type Ends = { readonly from: PlacedCard; readonly to: PlacedCard; readonly isAlone: boolean };

function placeEdge(edge: ChainEdge, { from, to, isAlone }: Ends): PlacedEdge {
  const start = { x: from.x + CARD_WIDTH, y: from.y + CARD_HEIGHT / 2 };
  const end = { x: to.x, y: to.y + CARD_HEIGHT / 2 };
  const trunk = start.x + TRUNK;
  const level = `M${start.x} ${start.y} H${end.x}`;
  const turned = `M${start.x} ${start.y} H${trunk - TURN} q${TURN} 0 ${TURN} ${TURN} V${end.y - TURN} q0 ${TURN} ${TURN} ${TURN} H${end.x}`;
  return {
    ...edge,
    path: start.y === end.y ? level : turned,
    label: { x: ((isAlone ? start.x : trunk) + end.x) / 2, y: end.y },
  };
}
