"""The same as `choice.phrases` for other languages, where a looser reading does: a word for
"answer" in the same sentence before an option announces it, unless something there negates it."""

from __future__ import annotations

import re

from auscult.kit.choice.sieve import SIEVE
from auscult.kit.choice.text import phrases, words

_SAME_SENTENCE = r"[^.!?。\n;]{0,36}$"
STATED_BEFORE = SIEVE.compile(
    r"(?:respuesta|soluci[oó]n|contestaci[oó]n|elijo|eleg[ií]r[ií]a|escojo|escoger[ií]a|correcta|"
    r"mejor opci[oó]n|antwort|l[oö]sung|w[aä]hle|w[uü]rde|nehme|entscheide|richtig|korrekt|"
    r"r[eé]ponse|choisis|choisirais|bonne|solution|exacte?|resposta|escolho|escolheria|correta|"
    r"alternativa|risposta|scelgo|sceglierei|corretta|giusta|soluzione|opzione|opci[oó]n|opção|"
    r"ответ|выбираю|выбрал|правильн|верны|вариант|答案|选择|我选|选|應選|選擇|正确|選択肢|正解|"
    r"答え|回答|解答|正しい|الإجابة|الاجابة|إجابة|الجواب|الخيار|أختار|الصحيح|उत्तर|जवाब|विकल्प|"
    r"सही|चुन|정답|답은|답:|선택)" + _SAME_SENTENCE
)
TURNED_DOWN_BEFORE = SIEVE.compile(
    r"(?:\bni(?: la)?|\bno (?:es|son|puede ser|ser[ií]a|elijo)(?: la| el)?(?: opci[oó]n)?|"
    r"\bnicht(?: die| der)?"
    r"(?: option| antwort)?|\bkeine?sfalls|n'est pas(?: la)?|\bpas (?:la|le)|\bnão é(?: a)?|"
    r"\bnon (?:è|e')(?: la)?|\bне|\bне вариант|不是|不选|不選|并非|排除|除外|除了|ليست?|नहीं"
    r"|descart\w+|ausgeschlossen|[ée]limin\w+|исключ\w+)[ :]*$"
)
TURNED_DOWN_AFTER = re.compile(
    r"^[ ,:-]*(?:(?:y|et|und|e) [a-j] )?(?:no (?:es|son)\b|(?:es|son) (?:incorrect|fals)|"
    r"(?:ist|sind|w[aä]re) (?:nicht|falsch|unwahrscheinlich|ausgeschlossen)|scheidet|n'est pas|"
    r"(?:est|sont) (?:fauss?e?|incorrect|[ée]limin)|não é|(?:é|são) (?:incorret|errad|fals)|non è|"
    r"(?:è|sono) (?:errat|sbagliat|fals|incorrett)|не(?:верн|правильн|вероятн|[ ])|исключ|"
    r"(?:选项)?(?:是)?(?:不|错|錯|非|排除)|は?(?:誤り|間違|不適|違|除外|正しくない)|ではな|"
    r"(?:هو|هي)? ?(?:ليس|خطأ|غير)|(?:गलत|सही नहीं|नहीं))"
)
STATED_AFTER = re.compile(
    r"^[ ,:-]*(?:(?:es|ser[ií]a) (?:la |el )?(?:opci[oó]n |respuesta )?(?:correct|mejor|m[aá]s)|"
    r"(?:ist|w[aä]re) (?:die |der |das )?(?:richtig|korrekt|beste|wahrscheinlichste|antwort)|"
    r"est (?:la |le )?(?:bonne|correct|meilleur|exact|juste|r[eé]ponse|plus)|"
    r"(?:é|seria) (?:a )?(?:corret|resposta|melhor|mais)|(?:è|sarebbe) (?:la )?(?:corrett|rispost|"
    r"miglior|giust|pi[uù])|(?:选项)?(?:是|为)?(?:正确|最|对的|答案)|(?:选项)(?:$|[,。])|"
    r"(?:が|は)(?:正し|正解|最も|適切|答え)|です|だ|でしょう|と思|を選|-? ?(?:правильн|верн|"
    r"наиболее)|(?:هو|هي) (?:الصحيح|الجواب|الإجابة|الأصح)|صحيح|(?:ही )?सही|है|입니다|이다|이 정답)"
)

BECAUSE = SIEVE.compile(
    r"\b(?:ya que|porque|pues|weil|da|denn|car|parce que|puisque|perch[eé]|poich[eé]|pois|"
    r"потому|так как|поскольку)\b|因为|因為|由于|لأن|क्योंकि|ので|なぜなら"
)
DEDUCED_BEFORE = SIEVE.compile(
    r"(?:\b(?:quiz[aá]s?|tal vez|probablemente|vielleicht|wahrscheinlich|vermutlich|peut-[eê]tre|"
    r"probablement|sans doute|talvez|provavelmente|forse|probabilmente|возможно|наверное|вероятно|"
    r"думаю|creo que|credo|acho que|ich denke|ich glaube|je pense que|je crois que)"
    r"|可能是|也许是?|应该是|大概是?|たぶん|おそらく|多分|ربما|أعتقد|शायद|아마도?)"
    r"(?: (?:es|sea|ist|est|é|è|la|el|die|der|das|le|a|o|il|это|c'est|è la|é a|dass|que|opci[oó]n|"
    r"option|вариант))*[ ,:]*$"
)

DOUBTS = SIEVE.compile(
    r"\bno (?:lo )?s[eé]\b|\bno (?:puedo|se puede|es posible|puede) (?:\w+ ){0,2}?(?:determinar|"
    r"saber|decir|decidir)|no estoy segur|informaci[oó]n insuficiente|falta (?:de )?informaci|"
    r"desconozco|no hay (?:suficiente|datos)|no tengo (?:suficiente|idea|informaci)"
    r"|wei(?:ß|ss) (?:ich )?(?:es |das )?(?:leider )?nicht|nicht sicher|keine ahnung|unklar"
    r"|nicht (?:eindeutig )?(?:zu )?(?:bestimm|beurteil|feststell|entscheid|sagen)"
    r"|unzureichend|nicht gen(?:ug|ügend)|reichen (?:die|nicht)|zu wenig"
    r"|je (?:ne )?sais pas|pas (?:s[uû]re?|certaine?)\b|aucune id[eé]e|j'ignore"
    r"|impossible (?:de|à) (?:d[eé]terminer|dire|savoir|pr[eé]ciser)|insuffisant|pas assez d"
    r"|(?:peu[xt]|peut) pas (?:\w+ )?(?:d[eé]termin|savoir|dire)"
    r"|não sei|não (?:tenho certeza|[eé] poss[ií]vel|h[aá] (?:dados|informa)|consigo determinar|"
    r"posso determinar)|informa[cç](?:ão|ões) insuficiente"
    r"|non (?:lo )?so\b|non sono sicur|impossibile (?:stabilir|determinar|dir)|"
    r"non (?:è possibile|posso) (?:stabilire|determinare)|informazioni insufficienti"
    r"|не знаю|не уверен|(?:невозможно|нельзя|не могу) (?:точно )?(?:определить|сказать|установить)"
    r"|недостаточно|затрудняюсь|не хватает"
    r"|不知道|不确定|不確定|不清楚|无法(?:确定|判断|得知|判定|作出)|無法(?:確定|判斷)|信息不足|"
    r"資訊不足|不能确定|难以(?:判断|确定)|没有足够"
    r"|(?:わか|分か|解)(?:りません|らない)|判断(?:でき|が困難|しかね)|決められ|情報が(?:不足|足り)|"
    r"特定でき|確信が(?:あり|持て)|不明です"
    r"|لا أ(?:عرف|علم|دري)|لست متأكد|لا يمكن(?:ني)? (?:ال)?تحديد|غير كافية|لا توجد معلومات|"
    r"غير متأكد"
    r"|(?:नहीं|नही) (?:पता|जानता|जानती|मालूम)|(?:पता|मालूम) नहीं|निश्चित नहीं|पर्याप्त जानकारी|"
    r"निर्धारित (?:नहीं|करना संभव)"
    r"|모르겠|알 수 없|확실하지|정보가 (?:부족|충분)|판단할 수 없"
)
DECLINES = SIEVE.compile(
    r"\bno (?:puedo|podr[ií]a|me es posible) (?:\w+ ){0,2}?(?:ayudar|proporcionar|ofrecer|dar|"
    r"asistir|responder|contestar|brindar)|me niego|prefiero no (?:responder|contestar)"
    r"|kann (?:\w+ ){0,6}?(?:nicht|keine?n?) (?:\w+ ){0,3}?(?:helfen|beantworten|geben|beraten|"
    r"weiterhelfen|anbieten|erteilen|antworten)|darf (?:\w+ ){0,4}?(?:nicht|keine)|verweigere"
    r"|(?:peux|suis|pourrai) pas (?:\w+ )?(?:\w+ )?(?:\w+ )?(?:aider|r[eé]pondre|fournir|donner|"
    r"mesure|habilit|autoris)|je refuse|je pr[eé]f[eè]re ne pas"
    r"|não posso (?:\w+ )?(?:ajudar|fornecer|dar|responder|oferecer)|recuso"
    r"|non posso (?:\w+ )?(?:aiutar|fornire|dare|rispondere|offrire)|mi rifiuto"
    r"|не (?:могу|буду|вправе) (?:\w+ )?(?:\w+ )?(?:помочь|помогать|ответить|отвечать|дать|давать|"
    r"предоставить|предоставлять|консультировать)|отказываюсь"
    r"|(?:不能|无法|無法|不便|不会|不可以)(?:为您|给您|向您|對此|对此)?(?:提供|回答|帮助|幫助|协助|協助|"
    r"给出|給出)|拒绝回答|抱歉"
    r"|お答え(?:でき|する|しかね)|お手伝い(?:でき|する)|回答(?:でき|を控え|を差し控え|いたしかね)|"
    r"提供(?:でき|する)|助言(?:でき|する)|申し訳"
    r"|(?:لا|لن) (?:أستطيع|يمكنني|أقدر) (?:ال)?(?:إجابة|مساعد|تقديم|أن|إعطاء)|أعتذر|أرفض"
    r"|(?:नहीं|नही) (?:दे|कर) (?:सकता|सकती)|असमर्थ|क्षमा करें|माफ़|माफ"
    r"|(?:답변|도와|제공)\w* ?(?:할|드릴) 수 없|죄송"
)

YES_NO = {
    "yes": words(
        "yes yep yeah yup aye affirmative true correct certainly definitely absolutely indeed "
        "si sí oui ja sim sì да 是 是的 对 有 はい ええ نعم أجل हाँ हां 예 네"
    ),
    "no": words(
        "no nope nah negative false incorrect none absent "
        "non nein não nao нет 否 不 不是 没有 沒有 いいえ いや لا كلا नहीं 아니요 아니오"
    ),
    "maybe": words(
        "maybe perhaps possibly quizás quizas tal-vez vielleicht peut-être peut-etre talvez forse "
        "возможно 可能 也许 也許 たぶん おそらく ربما शायद 아마"
    ),
}
NO_PHRASES = phrases(
    "none seen|not seen|none visible|not present|none present|not really|definitely not|"
    "certainly not|absolutely not|of course not|not at all|probably not|none detected|"
    "not detected|it is not|it does not|there is not|there is none|there are none|it isn't|"
    "it doesn't|no it is not|no there is not|not likely|none found|not found"
)
YES_PHRASES = phrases("of course|it is|it does|there is|there are|yes it is|very much so|i do")
_PLACES = (
    "first 1st one 1 一 primera première erste former",
    "second 2nd two 2 二 segunda deuxième zweite latter",
    "third 3rd three 3 三 tercera troisième dritte",
    "fourth 4th four 4 四 cuarta quatrième vierte",
    "fifth 5th five 5 五",
    "sixth six 6",
    "seventh 7",
    "eighth 8",
    "ninth 9",
    "tenth 10",
)
PLACES = {word: n for n, listed in enumerate(_PLACES, 1) for word in words(listed)} | {"last": -1}
ORDINAL = SIEVE.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|1st|2nd|3rd|4th|5th|last|"
    r"primera|segunda|tercera|cuarta|première|deuxième|troisième|quatrième|erste|zweite|dritte|"
    r"vierte) (?:of (?:the|these) )?(?:answer |listed )?(?:options?|choices?|answers?|one|item|"
    r"alternative|opci[oó]n|r[eé]ponse|antwort|respuesta)\b"
    r"|\b(?:option|choice|answer|number|no\.|opci[oó]n|alternative) ?(?:number |no\.? )?#?"
    r"(?P<number>one|two|three|four|five|six|10|[1-9])\b"
    r"(?![.,]?\d|%| ?(?:mg|ml|g|mcg|days?|years?|hours?)\b)"
    r"|\b(first|second|third|fourth|fifth|last) of (?:the|these) (?:two|three|four|five|list)\b"
    r"|\bthe (former|latter)\b|(?:选项|選項|選択肢|答案|گزینه|الخيار|विकल्प|вариант|보기) ?"
    r"([一二三四五1-9])(?!\d)|第 ?([一二三四五1-9]) ?(?:个|個|项|項|番)",
    named=True,
)
