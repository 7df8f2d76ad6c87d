//! Curves called by the name of their property, as people call columns of spreadsheets:
//! `Gamma Ray`, `GammaRay`, `water_saturation`.

use super::Property;
use super::detect::plain_name;
use super::table::TABLE;

/// Letters of a name below which it may be a mnemonic by chance.
const FEWEST_LETTERS: usize = 6;

/// Returns the property that a mnemonic spells out.
pub(super) fn spelled_out(mnemonic: &str) -> Option<&'static Property> {
    let said = words(mnemonic);
    if said.iter().map(String::len).sum::<usize>() < FEWEST_LETTERS {
        return None;
    }
    TABLE.properties.iter().find(|property| words(property.id) == said || words(&plain_name(property.name)) == said)
}

/// Returns the words of a name, lower case: they end at signs, and where a capital follows a small
/// letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && after_small;
        if (begins || !letter.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_properties_are_known_however_they_are_joined() {
        for name in ["Gamma Ray", "GammaRay", "GAMMA_RAY", "gamma-ray", " gamma  ray "] {
            assert_eq!(spelled_out(name).map(|property| property.id), Some("gamma_ray"), "{name}");
        }
        assert_eq!(spelled_out("Permeability").map(|property| property.id), Some("permeability"));
        for name in ["", "GR", "Gamma", "ROP", "Gamma Ray Raw", "ray gamma"] {
            assert_eq!(spelled_out(name), None, "{name}");
        }
    }
}
