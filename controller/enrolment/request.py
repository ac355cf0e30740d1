"""A kiosk's certificate signing request: what is accepted of it is its public key, and no more."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from controller.errors import EnrolmentError

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192  # larger ones only cost time
_CURVES = ("secp256r1", "secp384r1")
ACCEPTED = "an EC P-256 or P-384 key, an Ed25519 key, or an RSA key of 2048 bits or more"


def read(csr_pem: str) -> PublicKey:
    """The public key that the request proves to hold.

    Raises EnrolmentError when it is not a PKCS#10 request in PEM, its signature is wrong, or its
    key is of a kind or size not accepted.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode("utf-8", "replace"))
        is_proved = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as err:
        raise EnrolmentError(
            "the certificate request cannot be read, must be a PKCS#10 request in PEM"
        ) from err
    if not is_proved:
        raise EnrolmentError("the certificate request has a wrong signature: make it anew")
    return _accepted(key)


def _accepted(key: object) -> PublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return key
    size = getattr(key, "key_size", "?")
    kind = type(key).__name__.removeprefix("_")
    raise EnrolmentError(
        f"the certificate request's key is a {kind} of {size} bits, must be {ACCEPTED}"
    )
