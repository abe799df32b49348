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
  readonly label: { readonly x: number; readonly y: number };
};

export const CARD_WIDTH = 172;
export const CARD_HEIGHT = 86;
const COLUMN_GAP = 76;
const ROW_GAP = 18;
const HEADING_HEIGHT = 30;
const MARGIN = 2;

/** Columns side by side, cards of a column centred on the tallest. Nothing is measured: sizes are constants. */
export function layoutChain(chain: Chain): ChainLayout {
  const tallest = Math.max(1, ...chain.columns.map(({ cards }) => cards.length));
  const bodyHeight = tallest * CARD_HEIGHT + (tallest - 1) * ROW_GAP;
  const columnX = (i: number): number => MARGIN + i * (CARD_WIDTH + COLUMN_GAP);
  const cards = chain.columns.flatMap((column, i) => {
    const height = column.cards.length * CARD_HEIGHT + (column.cards.length - 1) * ROW_GAP;
    const top = HEADING_HEIGHT + (bodyHeight - height) / 2;
    return column.cards.map((card, row) => ({ ...card, x: columnX(i), y: top + row * (CARD_HEIGHT + ROW_GAP) }));
  });
  const byId = new Map(cards.map((card) => [card.id, card]));
  return {
    width: columnX(chain.columns.length - 1) + CARD_WIDTH + MARGIN,
    height: HEADING_HEIGHT + bodyHeight + MARGIN,
    headings: chain.columns.map(({ heading }, i) => ({ text: heading, x: columnX(i), y: 16 })),
    cards,
    edges: chain.edges.flatMap((edge) => {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
      return from && to ? [placeEdge(edge, from, to)] : [];
    }),
  };
}

function placeEdge(edge: ChainEdge, from: PlacedCard, to: PlacedCard): PlacedEdge {
  const start = { x: from.x + CARD_WIDTH, y: from.y + CARD_HEIGHT / 2 };
  const end = { x: to.x, y: to.y + CARD_HEIGHT / 2 };
  const bend = (end.x - start.x) / 2;
  const path = `M${start.x} ${start.y} C${start.x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`;
  // Labels stand near the end, where edges that fan out from one card have parted.
  const spread = start.y === end.y ? 0.5 : 0.72;
  return { ...edge, path, label: { x: start.x + (end.x - start.x) * 0.5, y: start.y + (end.y - start.y) * spread } };
}
