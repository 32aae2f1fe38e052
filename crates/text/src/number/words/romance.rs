//! French, Spanish and Portuguese: words that add up.

use std::{collections::HashMap, sync::LazyLock};

use super::Part;

/// Names from 0 on, one a value, several forms with a `/` between; `-` where a value has none.
type Names = &'static str;
type Table = HashMap<&'static str, u64>;

/// Units and teens from 0 on, tens from 20 on, hundreds from 100 on, by their names.
fn table([small, tens, hundreds]: [Names; 3]) -> Table {
    let mut table = Table::new();
    for (names, from, step) in [(small, 0, 1), (tens, 20, 10), (hundreds, 100, 100)] {
        let values = (from..).step_by(step);
        for (forms, value) in names.split(' ').zip(values) {
            table.extend(forms.split('/').map(|form| (form, value)));
        }
    }
    table
}

fn value(word: &str, table: &Table) -> Option<Part> {
    table.get(word).copied().map(Part::Value)
}

pub fn french(word: &str) -> Option<Part> {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        table([
            "zéro/zero - deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze \
         quinze seize",
            "vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante",
            "-",
        ])
    });
    Some(match word {
        "un" | "une" => Part::Article,
        "cent" | "cents" => Part::Scale(100),
        "mille" => Part::Scale(1_000),
        "million" | "millions" => Part::Scale(1_000_000),
        "milliard" | "milliards" => Part::Scale(1_000_000_000),
        "billion" | "billions" => Part::Scale(1_000_000_000_000),
        "et" => Part::And,
        "virgule" => Part::Point,
        _ => return value(word, &TABLE),
    })
}

pub fn spanish(word: &str) -> Option<Part> {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        table([
            "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince \
         dieciséis/dieciseis diecisiete dieciocho diecinueve veinte \
         veintiuno/veintiún/veintiun/veintiuna veintidós/veintidos veintitrés/veintitres \
         veinticuatro veinticinco veintiséis/veintiseis veintisiete veintiocho veintinueve",
            "- treinta cuarenta cincuenta sesenta setenta ochenta noventa",
            "cien/ciento doscientos/doscientas trescientos/trescientas cuatrocientos/cuatrocientas \
         quinientos/quinientas seiscientos/seiscientas setecientos/setecientas \
         ochocientos/ochocientas novecientos/novecientas",
        ])
    });
    Some(match word {
        "un" | "una" => Part::Article,
        "mil" => Part::Scale(1_000),
        "millón" | "millon" | "millones" => Part::Scale(1_000_000),
        "billón" | "billon" | "billones" => Part::Scale(1_000_000_000_000),
        "y" => Part::And,
        "coma" => Part::Point,
        _ => return value(word, &TABLE),
    })
}

pub fn portuguese(word: &str) -> Option<Part> {
    static TABLE: LazyLock<Table> = LazyLock::new(|| {
        table([
            "zero - dois/duas três/tres quatro cinco seis sete oito nove dez onze doze treze \
         quatorze/catorze quinze dezesseis/dezasseis dezessete/dezassete dezoito \
         dezenove/dezanove",
            "vinte trinta quarenta cinquenta/cinqüenta sessenta setenta oitenta noventa",
            "cem/cento duzentos/duzentas trezentos/trezentas quatrocentos/quatrocentas \
         quinhentos/quinhentas seiscentos/seiscentas setecentos/setecentas \
         oitocentos/oitocentas novecentos/novecentas",
        ])
    });
    Some(match word {
        "um" | "uma" => Part::Article,
        "mil" => Part::Scale(1_000),
        "milhão" | "milhao" | "milhões" | "milhoes" => Part::Scale(1_000_000),
        "bilhão" | "bilhões" => Part::Scale(1_000_000_000),
        "e" => Part::And,
        "vírgula" | "virgula" => Part::Point,
        _ => return value(word, &TABLE),
    })
}

/// A number below a thousand with a smaller one behind it; `None` where that is rather the next
/// number of a list.
pub fn french_sum(group: u64, value: u64, joined: bool) -> Option<u64> {
    let tens = group % 100;
    if joined {
        // vingt et un, soixante et onze
        let whole = tens >= 20 && tens.is_multiple_of(10);
        return (whole && matches!(value, 1 | 11)).then_some(group + value);
    }
    Some(match (tens, value) {
        // quatre-vingts
        (4, 20) => group + 76,
        (60 | 80, 10..=16) | (10 | 70 | 90, 7..=9) => group + value,
        (20 | 30 | 40 | 50 | 60 | 70 | 80 | 90, 1..=9) => group + value,
        (0, 1..=99) if group > 0 => group + value,
        _ => return None,
    })
}

/// The same in Spanish: "treinta y uno", "ciento uno".
pub fn spanish_sum(group: u64, value: u64, joined: bool) -> Option<u64> {
    let tens = group % 100;
    let fits = match joined {
        // "diez y seis" is old for "dieciséis".
        true if tens == 10 => (6..=9).contains(&value),
        true => tens >= 30 && tens.is_multiple_of(10) && (1..=9).contains(&value),
        false => tens == 0 && (1..=99).contains(&value),
    };
    fits.then_some(group + value)
}

/// The same in Portuguese: "vinte e um", "cento e vinte e um".
pub fn portuguese_sum(group: u64, value: u64, joined: bool) -> Option<u64> {
    let tens = group % 100;
    let unit = tens >= 20 && tens.is_multiple_of(10) && (1..=9).contains(&value);
    let rest = group > 0 && tens == 0 && (1..=99).contains(&value);
    (joined && (unit || rest)).then_some(group + value)
}
