//! A key of 1024 bits, as sample files of the past have one. The crypto library does not
//! sign with so short a key, so that is done by hand; the key is for nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::auth::modular_power;

/// The numbers of the key, in Base64.
const MODULUS: &str = "1RHhJJRXEb4J7H8PTlMcyMq7WQ33wNoz1mNeH5elznsuPmiLie5wZxCXXffujj4ON8pFNT2JAUir8W\
                       oEY/b8di/3ctpsmziOe2h/+KD5wbT0c/oUbZKbu4g2cBY9pVOsgRMBuMFsSVpqV9miuECeDRTHGScl\
                       sOndLLOqgyL5Kd0=";
const SECRET: &str = "g7XJtxL7v7v55nekvoYiBP1NUn+P52b7JEvIoz7bAAilTW7S0zDRyuQ2rZ/Vl5hEsbgXkBG531FM+\
                      K7Qh/rllAhSSFwGZhUlY85+/wXGAe7DxE+s6+mzT8iw4upb8IVvkwhjnghK3rhDEQZb11C4RKRZIryR\
                      hiL1NRQdOChT7wE=";

/// What stands before the digest in a signature with SHA-256 (RFC 8017, 9.2).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The public half as RSA XML.
pub fn public_rsa_xml() -> String {
    format!("<RSAKeyValue><Modulus>{MODULUS}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>")
}

/// Signature by RSASSA-PKCS1-v1_5 with SHA-256.
pub fn sign(message: &[u8]) -> Option<Vec<u8>> {
    let modulus = STANDARD.decode(MODULUS).ok()?;
    let secret = STANDARD.decode(SECRET).ok()?;
    let content = [DIGEST_INFO.as_slice(), Sha256::digest(message).as_slice()].concat();
    let mut block = vec![0, 1];
    block.resize(modulus.len().checked_sub(content.len() + 1)?, 0xff);
    block.push(0);
    block.extend(content);
    modular_power(&block, &secret, &modulus)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::ApplicationKey;

    #[test]
    fn its_signatures_are_good_ones() {
        let key = ApplicationKey::parse(&public_rsa_xml()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(key.bits(), 1024);
        let signature = sign(b"nonce.202611220900").unwrap_or_default();
        assert!(key.verify(b"nonce.202611220900", &signature));
    }
}
