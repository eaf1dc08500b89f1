"""Slurs and strong swear words, as digests: no such word stands in clear in this repository.

A digest is the SHA-256 of the word in lower case, letters only, as `normalised` gives it. Words
with an innocent or clinical meaning are left out. A digest of a dictionary word can be guessed:
this keeps the words out of sight, not secret.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_DIGESTS: dict[str, tuple[str, ...]] = {
    "ethnicity": (
        "08a841e996781e9e77d30a4e4420a8f501a280b00624e6d1224bf54aaff73eba",
        "0be9b885f4a35a18f6af6b1ac0acd7fa4b19993999c3fbf66dd1e3e0c4c753c8",
        "120f6e5b4ea32f65bda68452fcfaaef06b0136e1d0e4a6f60bc3771fa0936dd6",
        "12e6274e4309293e2d480272b49a6c7c73a6a6b22678ba226b533c67006c17d1",
        "22fc75e65a0e9d34324092a7c6a8dba961853294abca4e5914e60c550f48e0c2",
        "27a62b68179c96f50c6732760268205441426539e30490d137f1c87ebc35127d",
        "333f7618092958c75b8c5af6f1ec77b42803922a0fc6ff1570a8af3a3aab3b4a",
        "469c0fdb6020d4bffe12ec93e76150a08ef02e116fc856a84b24eb02a1d1a155",
        "6d1833779e389477ac6757e19c371df8e141bd67bc83e4b596dfc8a1947db29d",
        "98b52c4b6b7d1f48e7477a5ccc10955dd195d0ac5a38c8281bfeb08762634909",
        "9d57436661e1dce7d4506378319b1d62c6677bae3794b9cb048cbb5a9844d478",
        "a40ccba874d287993850065a1cb068e648e6162e5e959b6684a356c14a606faf",
        "ad6cacf3af98d07bf48067161281731a33ccc512212cf1ebc3490214efbd98be",
        "bb87adf8aa783887f0874a55a7fce06d5fc60f5886a767c88f75fe5a7611074a",
        "be00f1af522eaa99d3dc57b0e27162a5e8963e0e0e8b6cc5734f53d8e64ba2dc",
        "c1b4ed05397df5eebb4ea2e233ce45ce62e56b34d4b37d81f53059291ff741c2",
        "c3de533e9b7fe63b79f648687a30d2861edd92fe7c3cd1f2c485e0a605367624",
        "cc02032349c833ac5e97bac094560ed40e09acf34cb1978ab7a9840b9bf15b4d",
        "e742d17ff490c87e19d0cfbfdb18c691aad9543e5d61498df7a6ba6dc56e3124",
        "eef3bd091670c3447022d619c06ad15de96da72b5a66f28bb8b75d1b1c12a05f",
        "f64c6fad9c3c8b57627216713feb9d3521b48a3b1ae43fe47be7d19d12d34d98",
    ),
    "religion": (
        "0515b9e67e0e8306381c0a092d9acf849b68c3be7f5a986c8b2469c6ffe779cc",
        "0f3ceb308e2bd68b13a382dea8f47061b6a912f8dea021b66f2e60480dfdee99",
        "58d5ed002eca1b4fdc4f1a7f6084cd68ccd3fc2b7f6c1afc718e1a75f86f4561",
        "9067eddddab7a4e9652b8988438d874e6d595d6e07aa80c95fe03bd03ddd6126",
    ),
    "orientation": (
        "16ea09fc78ca83ca502cbcf2377acdf280bf18f61e259153f0868405eedab5ef",
        "33740da8a87dc7defbdbb7d06549dd8d82a33000a25293ceb9af687eb16bef22",
        "56d9e1f65737bb565f14feb4f98d6b9dacded5179265db103d1935e333492daf",
        "8f5083e3e5c7dc8932f2bf58212f963f3a44752618c96297f82623f736c52738",
        "9915ba2d822280f22c283df4e76584a40e0119fc58f73c5f84d4fdb04d04fa6f",
        "acc96930e3a69737ec7a080e18212c16a96cc7a3c7ad6eae17817ac242eb08db",
    ),
    "gender": (
        "566f532d486c947709d3d0e6b7575af8380248db66dada211d58eb00ad585297",
        "9ae315a94e428a7ee3b5e48adae6541965d93b86acf10ffa1c45b93b6fe577b4",
        "c2c3b68b48832afd9a4dbdd474c1b6c81c8baecdb71446f9947dac72dd0fe93d",
        "d75a838dc758ba17f28bd8dbac605cb70c35465263d5733164521de2f7ef7926",
        "e14a747f150b845a183569bbfc821b5a9f64f6a2434487fe2b79419162884cb6",
        "fa38a8d3e5b9274472614b3910abc466ae90000fca0ee0bc300bf80c75c70758",
    ),
    "disability": (
        "1802d081455e60cd8a4e1b5d38d3f8c613662dee16f790e26a2a7a5332764780",
        "65961619eae0bfcd043bbc8f7035c36285d82baf20fc35a11fc0043415e9a6d6",
        "b66dd06a13d848d2193a27e536f3ea102797a41b52e611b8bdd55486cba9d5e2",
    ),
    "profanity": (
        "01cccf00c85370364854bc6155432a5f2aee570e80313fb85c1fc5f70b7aa22c",
        "06a1d8bf7fc210de23d9540ab35744ae9db310afa0afbabe9529333e175a850f",
        "0c64f3ba82e066a20f43719767ccd03d36fb2e2d96756e647abf7dbfac74168a",
        "0fcb77e9e0077de5e520622bff1356c0e191146188f53e0011ddbd327f293896",
        "1837bc2c546d46c705204cf9f857b90b1dbffd2a7988451670119945ba39a10b",
        "1ce99fbe332c5003c8e224e668daeaab4b3d935388846a32701f70870bd6b9a1",
        "2f5f6ce5ae30b54aa5d7ced1ba566982bab34ba2814a51ce1865d2c2d8815cd4",
        "30a989afc82c0a21139573591de4e5ff37994f7d1506a9acf2b5997005c2649f",
        "31506a8448a761a448a08aa69d9116ea8a6cb1c6b3f4244b3043051f69c9cc3c",
        "522788b65f01ccc096a0e2f1147aeca5f4052ddd88059f3ec367ef14ae9f2183",
        "6ac3c336e4094835293a3fed8a4b5fedde1b5e2626d9838fed50693bba00af0e",
        "80d71140f751394c4712bf46d6b65abfa0184a35553dc2cb1b41546fbe2afa1a",
        "819837a1df89760e1d106d2e7d83338772ace66824c6803bc262420c2814cdc1",
        "85fc17f7069acd39a5c636cd0a6530651096128da447959f5e250824857dc559",
        "958ce5c321d2549986d4bee8c5ac187783128950aa14fb0f2a8e5eb5e5187a48",
        "986c99004163a6c5155bbd2bfadc37bee9e279b73c669211f432910425b8e6dd",
        "b2a7d488cf78ce748b7dbc8e9760f0188e97c6bdd9885804df72345ab648a9ec",
        "b601d5e9e6c9804ee5cf6d742f1e2dde5931a0c53c99c0bded0466770b12e554",
        "b690cdbe59f14b3be083db03237e04051abd85c4ffe35180723e9cb45cd3a519",
        "bb61ef40814ce34c1edf0edb609854be9793198a8f60b67d9fb26643c32281d3",
        "bcd1642bca163da3c9d2903abf3663a79fe3295dd31a8e5b12705c6bd62611db",
        "bdb1cc258d6976aafd3a0c3399dfff42a486e63a6948d8bc2e10e7c36fab7611",
        "d95b1fc7856571b097f46888ec161854b962adf2d1db730fabdbc3a768ad9f72",
        "dd92623b0a4b255f87cc4aaee7990ee182d91db49189df6229ce65b5e9d960da",
        "ed6bf432aec21f9ac59d1d0b889beb2630eafc48d43fb162dcc6af28ec924544",
        "f50c51ed2315dcf3fa88181cf033f8029cac64f7dea4048327ca032ec102ea74",
        "fb96c27642b4bd118d9c41a34b907b03d564e7d7a6172ece075dd945f551b9f6",
    ),
}
_CATEGORY_OF = {digest: name for name, digests in _DIGESTS.items() for digest in digests}
CATEGORIES = tuple(_DIGESTS)
MOST_WORDS = 10_000
_INNOCENT: set[str] = set()
_REPEATED = re.compile(r"(.)\1{2,}")
_DRAWN = str.maketrans("0134578@$!", "oieastbasi")


def normalised(word: str) -> str:
    """Lower case, letters only, digits and signs drawn for letters undone, "loooong" as "long"."""
    low = word.lower()
    if not low.isalpha():
        low = "".join(filter(str.isalpha, low.translate(_DRAWN)))
    return _REPEATED.sub(r"\1", low)


def any_category(words: set[str]) -> bool:
    """Whether `category_of` knows one of these words. Those that it does not are remembered: most
    answers are made of the same few thousand words."""
    unknown = words - _INNOCENT
    innocent = {word for word in unknown if category_of(word) is None}
    if len(_INNOCENT) > MOST_WORDS:
        _INNOCENT.clear()
    _INNOCENT.update(innocent)
    return len(innocent) < len(unknown)


@lru_cache(maxsize=8192)
def category_of(word: str) -> str | None:
    """ "profanity", or the group that a slur is aimed at."""
    plain = normalised(word)
    for form in (plain, plain.removesuffix("s"), plain.removesuffix("es")):
        found = _CATEGORY_OF.get(hashlib.sha256(form.encode()).hexdigest())
        if found:
            return found
    return None
