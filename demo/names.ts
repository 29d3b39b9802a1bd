const words = (text: string): readonly string[] => text.split(' ');

/** First names, surnames and places as Denmark has them; surnames are few on purpose, so that many people share one. */
export const firstNames = words(
  'Anne Mette Kirsten Hanne Åse Bodil Sørine Karen Ida Freja Alma Clara Laura Sofie Emma Gitte Lærke Trine Ulla Zenia ' +
    'Jens Peter Søren Lars Michael Jørgen Niels Bjørn Åge Rasmus Mikkel Magnus Oscar Noah Emil Viggo Kåre Ove Yusuf Bo',
);
export const surnames = words(
  'Hansen Jensen Nielsen Pedersen Sørensen Kjærgaard Ørskov Østergaard Ågård Møller Bæk Nørgaard Søndergaard Lund ' +
    'Holm Kjær Ravn Skov Bødker Yılmaz',
);
export const streets = words(
  'Ågade Søndergade Nørrevang Østerbrogade Kirkestræde Fjordvej Møllebakken Rådhuspladsen Skovbrynet Bøgevænget',
);
export const towns: readonly (readonly [string, string])[] = [
  ['8000', 'Aarhus C'],
  ['9000', 'Aalborg'],
  ['5000', 'Odense C'],
  ['6700', 'Esbjerg'],
  ['4600', 'Køge'],
  ['3700', 'Rønne'],
  ['7400', 'Herning'],
  ['6400', 'Sønderborg'],
  ['8700', 'Horsens'],
  ['2300', 'København S'],
];

/** Mail domains; two of them look like the first one. */
export const domains = [
  'postkasse.example',
  'skovmail.example',
  'fjordnet.example',
  'p0stkasse.example',
  'postkasse-dk.example',
];

/** What the shop sells: number, name, price in kroner. */
export const goods: readonly (readonly [string, string, number])[] = [
  ['N-100', 'Uldtæppe, grå', 449],
  ['N-115', 'Termokrus 0,4 l', 189.5],
  ['N-120', 'Lærredstaske', 129],
  ['N-207', 'Regnjakke, børn', 399.95],
  ['N-233', 'Sovepose', 899],
  ['N-310', 'Pandelampe', 249],
  ['N-345', 'Vandrestøvler', 1_299.95],
  ['N-402', 'Kogesæt', 549.5],
];

/** What a colleague notes about a call. {name} is the customer. */
export const remarks = [
  '{name} ringede om en forsinket pakke. Lovede svar samme dag.',
  '{name} vil gerne have faktura på mail i stedet for brev.',
  'Klage over defekt lynlås; {name} får en ny jakke.',
  '{name} spurgte til størrelser. Henviste til måleskemaet.',
  'Har flyttet; ny adresse er rettet i systemet.',
  'Naboen tog imod pakken for {name}.',
];
