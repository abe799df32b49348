import { useId } from "react";
import { type Chain, chainSentence } from "./chain.ts";
import { CARD_HEIGHT, CARD_WIDTH, layoutChain, type PlacedCard, type PlacedEdge } from "./chain-layout.ts";
import "./chain-picture.css";

/** Draws a chain. One image for a screen reader, with a sentence; the table beside it has the same data with links. */
export function ChainPicture({ chain }: { readonly chain: Chain }): React.ReactElement {
  const { width, height, headings, cards, edges } = layoutChain(chain);
  const id = useId();
  return (
    <svg className="cs-chain" viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={id}>
      <title id={id}>{chainSentence(chain)}</title>
      {headings.map(({ text, x, y }) => (
        <text key={text} className="cs-chain__heading" x={x} y={y}>
          {text}
        </text>
      ))}
      {edges.map((edge) => (
        <Edge key={`${edge.from} ${edge.to}`} edge={edge} />
      ))}
      {cards.map((card) => (
        <Card key={card.id} card={card} />
      ))}
    </svg>
  );
}

function Card({ card }: { readonly card: PlacedCard }): React.ReactElement {
  const { x, y, title, lines, state, full } = card;
  return (
    <g className={`cs-chain__card cs-chain--${state}`} transform={`translate(${x} ${y})`}>
      <title>{full}</title>
      <rect className="cs-chain__box" width={CARD_WIDTH} height={CARD_HEIGHT} rx="6" />
      <rect className="cs-chain__bar" width="4" height={CARD_HEIGHT} rx="2" />
      <text className="cs-chain__title" x="14" y="27">
        {title}
      </text>
      {lines.map((line, i) => (
        <text key={line} className="cs-chain__line" x="14" y={49 + i * 20}>
          {line}
        </text>
      ))}
    </g>
  );
}

function Edge({ edge }: { readonly edge: PlacedEdge }): React.ReactElement {
  const { path, label, evidence, grade, state, full } = edge;
  return (
    <g className={`cs-chain__edge cs-chain--${state}`}>
      <title>{full}</title>
      <path className="cs-chain__path" d={path} />
      <text className="cs-chain__grade" x={label.x} y={label.y - 7}>
        {grade}
      </text>
      <text className="cs-chain__evidence" x={label.x} y={label.y + 16}>
        {evidence}
      </text>
    </g>
  );
}
