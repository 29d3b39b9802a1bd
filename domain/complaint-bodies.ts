/** A supervisory authority that a person may complain to (Art. 77 and 12(4)). */
export interface ComplaintBody {
  /** As it calls itself. */
  readonly name: string;
  readonly url: string;
}

// Germany and Spain have regional authorities too: the federal or national one forwards a complaint (Art. 77 lets a person
// choose the authority of their own residence, work or the place of the infringement).
const complaintBodies: Readonly<Record<string, ComplaintBody>> = {
  AT: { name: 'Österreichische Datenschutzbehörde', url: 'https://www.dsb.gv.at' },
  BE: {
    name: 'Gegevensbeschermingsautoriteit / Autorité de protection des données',
    url: 'https://www.gegevensbeschermingsautoriteit.be',
  },
  BG: { name: 'Комисия за защита на личните данни', url: 'https://cpdp.bg' },
  CY: {
    name: 'Γραφείο Επιτρόπου Προστασίας Δεδομένων Προσωπικού Χαρακτήρα',
    url: 'https://www.dataprotection.gov.cy',
  },
  CZ: { name: 'Úřad pro ochranu osobních údajů', url: 'https://uoou.gov.cz' },
  DE: {
    name: 'Die Bundesbeauftragte für den Datenschutz und die Informationsfreiheit',
    url: 'https://www.bfdi.bund.de',
  },
  DK: { name: 'Datatilsynet', url: 'https://www.datatilsynet.dk' },
  EE: { name: 'Andmekaitse Inspektsioon', url: 'https://www.aki.ee' },
  ES: { name: 'Agencia Española de Protección de Datos', url: 'https://www.aepd.es' },
  FI: { name: 'Tietosuojavaltuutetun toimisto', url: 'https://tietosuoja.fi' },
  FR: { name: 'Commission nationale de l’informatique et des libertés (CNIL)', url: 'https://www.cnil.fr' },
  GB: { name: 'Information Commissioner’s Office', url: 'https://ico.org.uk' },
  GR: { name: 'Αρχή Προστασίας Δεδομένων Προσωπικού Χαρακτήρα', url: 'https://www.dpa.gr' },
  HR: { name: 'Agencija za zaštitu osobnih podataka', url: 'https://azop.hr' },
  HU: { name: 'Nemzeti Adatvédelmi és Információszabadság Hatóság', url: 'https://www.naih.hu' },
  IE: { name: 'Data Protection Commission', url: 'https://www.dataprotection.ie' },
  IS: { name: 'Persónuvernd', url: 'https://www.personuvernd.is' },
  IT: { name: 'Garante per la protezione dei dati personali', url: 'https://www.garanteprivacy.it' },
  LI: { name: 'Datenschutzstelle Fürstentum Liechtenstein', url: 'https://www.datenschutzstelle.li' },
  LT: { name: 'Valstybinė duomenų apsaugos inspekcija', url: 'https://vdai.lrv.lt' },
  LU: { name: 'Commission nationale pour la protection des données', url: 'https://cnpd.public.lu' },
  LV: { name: 'Datu valsts inspekcija', url: 'https://www.dvi.gov.lv' },
  MT: {
    name: 'Uffiċċju tal-Kummissarju għall-Informazzjoni u l-Protezzjoni tad-Data',
    url: 'https://idpc.org.mt',
  },
  NL: { name: 'Autoriteit Persoonsgegevens', url: 'https://autoriteitpersoonsgegevens.nl' },
  NO: { name: 'Datatilsynet', url: 'https://www.datatilsynet.no' },
  PL: { name: 'Urząd Ochrony Danych Osobowych', url: 'https://uodo.gov.pl' },
  PT: { name: 'Comissão Nacional de Proteção de Dados', url: 'https://www.cnpd.pt' },
  RO: {
    name: 'Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal',
    url: 'https://www.dataprotection.ro',
  },
  SE: { name: 'Integritetsskyddsmyndigheten', url: 'https://www.imy.se' },
  SI: { name: 'Informacijski pooblaščenec', url: 'https://www.ip-rs.si' },
  SK: { name: 'Úrad na ochranu osobných údajov Slovenskej republiky', url: 'https://dataprotection.gov.sk' },
};

/** The authority of a country (DK, GB-EAW ...); throws RangeError for one outside the EEA and the United Kingdom. */
export function complaintBody(country: string): ComplaintBody {
  const body = Object.entries(complaintBodies).find(([code]) => code === country.split('-')[0])?.[1];
  if (!body) throw new RangeError(`no supervisory authority known for the country ${country}`);
  return body;
}
