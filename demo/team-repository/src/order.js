/** What an order costs. All prices are whole cents. */

/** The sum of all lines, each with its price and quantity. */
export function subtotal(lines) {
  return lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
}
