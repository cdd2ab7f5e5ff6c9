// Sentences that only this page says, English and Russian side by side; all others come from the service's catalogue.

export const OWN: Record<string, string> = {
  "Check without the service": "Проверка без сайта",
  "This page checks a document on your own device. The file is sent nowhere; only the public register is asked, at the nodes that you see below.":
    "Эта страница проверяет документ прямо на вашем устройстве. Файл никуда не отправляется; вопросы задаются только публичному реестру — узлам, которые вы видите ниже.",
  "Choose or drop files": "Выберите файлы или перетащите их сюда",
  "The PDF of the diploma, the file for checking (.json), or a photo of its QR code. Several at once are fine.":
    "PDF диплома, файл для проверки (.json) или фотография QR-кода. Можно несколько сразу.",
  "Or paste text": "Или вставьте текст",
  "The contents of the file for checking, or the link from the QR code.":
    "Содержимое файла для проверки или ссылка из QR-кода.",
  Check: "Проверить",
  "Checking…": "Проверяем…",
  "Checks done: %(count)s.": "Проверено: %(count)s.",
  "Nodes and trust": "Узлы и доверие",
  "The register is asked through these nodes. Change them as you like: several nodes of people who do not depend on each other are better than one.":
    "Реестр опрашивается через эти узлы. Их можно менять: несколько узлов, которые держат независимые друг от друга люди, лучше одного.",
  "Addresses of nodes, one a line": "Адреса узлов, по одному в строке",
  "Use these nodes": "Использовать эти узлы",
  "Use your own trust file": "Взять свой файл доверия",
  "A trust file says which register you believe: its chain, contracts and registrars. Take it from somebody you trust, never from whoever shows you a document.":
    "В файле доверия записано, какому реестру вы верите: в какой он сети, где там находится и кто его ведёт. Берите его у того, кому доверяете, и никогда — у того, кто показывает вам документ.",
  "This trust file cannot be used. Ask whoever gave it to you for another one.":
    "Этот файл доверия использовать нельзя. Попросите другой у того, кто его вам дал.",
  "For a technician:": "Для технического специалиста:",
  "Not an address of a node: %(address)s": "Это не адрес узла: %(address)s",
  "Your own trust file is in use.": "Используется ваш файл доверия.",
  "This page does not say which register to believe": "На этой странице не указано, какому реестру верить",
  "This copy of the page does not know which register to believe, so it can check the signature of a document but not who signed it. Load a trust file below, or take a copy of this page from an organisation that you trust.":
    "Эта копия страницы не знает, какому реестру верить: подпись документа она проверит, а кто подписал — сказать не сможет. Загрузите файл доверия ниже или возьмите копию страницы у организации, которой доверяете.",
  "chain number %(id)s": "сеть № %(id)s",
  "What you checked": "Что проверено",
  "What to do": "Что делать",
  "Check another document": "Проверить другой документ",
  "Check again": "Проверить ещё раз",
  "from the PDF": "из PDF",
  "pasted text": "вставленный текст",
  "Check code": "Код проверки",
  "The same code is printed on the paper.": "Такой же код напечатан на бумаге.",
  "Words printed in the PDF prove nothing: compare them with those below, which are drawn from the signed data.":
    "То, что напечатано в самом PDF, ничего не доказывает: сравните его с текстом ниже — он взят из подписанных данных.",
  "Asked nodes": "Опрошенные узлы",
  "No node was asked.": "Ни один узел не опрошен.",
  "block %(number)s": "блок %(number)s",
  "Fingerprint of this file (SHA-256)": "Отпечаток этого файла (SHA-256)",
  answered: "ответил",
  "answers differently": "отвечает иначе",
  "did not answer": "не ответил",
  "another chain": "относится к другой сети",
  "a chain with another beginning": "похож на нужный, но это другая сеть",
  "other program code": "программа реестра не та, что ожидалась",
  "other registrars": "реестр ведут не те, кто ожидался",
  "a published block is missing": "нет опубликованного блока",
  "has not moved on for too long": "давно не обновлялся",
  "an answer that makes no sense": "бессмысленный ответ",
  "does not know the block of the others": "не знает блока, по которому ответили другие",
  "was not asked": "не опрошен",
  "Check the connection to the internet, or name another node of the register under “Nodes and trust”.":
    "Проверьте подключение к интернету или укажите другой узел реестра в разделе «Узлы и доверие».",
  "The node belongs to another network, or the register was set up anew. Check its address under “Nodes and trust”; if it is right, ask whoever gave you this page for a new one.":
    "Узел относится к другой сети, или реестр создан заново. Проверьте адрес в разделе «Узлы и доверие»; если он верен, попросите новую копию этой страницы у того, кто её вам дал.",
  "Either the node has stopped or the clock of this device is wrong. Check the clock, then try another node.":
    "Либо узел остановился, либо на этом устройстве неверное время. Проверьте часы, затем попробуйте другой узел.",
  "The nodes contradict each other: at least one errs or lies. Ask nodes of people who do not depend on each other, and do not rely on the document until they agree.":
    "Узлы противоречат друг другу: хотя бы один ошибается или лжёт. Добавьте узлы других владельцев, не связанных между собой, и не полагайтесь на документ, пока ответы не совпадут.",
  "The node gave an answer that makes no sense. Try another node under “Nodes and trust”.":
    "Узел дал бессмысленный ответ. Попробуйте другой узел в разделе «Узлы и доверие».",
  "Load a trust file under “Nodes and trust”, or take a copy of this page from an organisation that you trust.":
    "Загрузите файл доверия в разделе «Узлы и доверие» или возьмите копию этой страницы у организации, которой доверяете.",
  "Perhaps it is another file. Choose the PDF of the diploma, or the file for checking (.json) from the page of the document.":
    "Возможно, это другой файл. Выберите PDF диплома или файл для проверки (.json) со страницы документа.",
  "A link, not a document": "Это ссылка, а не документ",
  "The code leads to": "Код ведёт на сайт",
  "This link leads elsewhere": "Эта ссылка ведёт в другое место",
  "This address does not belong to a service that this page trusts. A page there can show anything, also that a forged document is genuine. Do not believe what it says.":
    "Этот адрес не принадлежит службе, которой доверяет эта страница. Там могут показать что угодно — в том числе что поддельный документ подлинный. Не верьте тому, что там написано.",
  "The address belongs to a service that this page trusts. You can open it; it needs the internet and that service.":
    "Адрес принадлежит службе, которой доверяет эта страница. Его можно открыть; нужны интернет и сама служба.",
  "This copy of the page names no trusted service. Compare the name of the site with the one that you know, letter for letter.":
    "В этой копии страницы не названа ни одна служба, которой она доверяет. Сравните имя сайта с известным вам — буква в букву.",
  "This is no address of a web page.": "Это не адрес веб-страницы.",
  "Open %(host)s": "Открыть %(host)s",
  "What the code alone does not prove": "Чего сам по себе код не доказывает",
  "A QR code can be copied onto any paper. By itself it proves nothing: neither who gave the document nor that it is still in force.":
    "QR-код можно перенести на любую бумагу. Сам по себе он ничего не доказывает: ни кто выдал документ, ни что он ещё действует.",
  "Ask the holder for the PDF or the file for checking and drop it here. The check code shown then must be the one of the paper.":
    "Попросите у владельца PDF или файл для проверки и перетащите его сюда. Показанный тогда код проверки должен совпасть с кодом на бумаге.",
  "Check code of a file on this page: the same": "Есть среди файлов на этой странице",
  "This could not be read": "Не удалось прочитать",
  "The file is too large to be a diploma or a file for checking.": "Файл слишком велик для диплома или файла для проверки.",
  "No QR code was found in the picture. Take the photo from straight above, with the code large and sharp.":
    "На снимке не найден QR-код. Снимайте сверху, чтобы код был крупным и резким.",
  "The PDF is locked with a password, so its contents cannot be read. Ask for one without a password.":
    "PDF закрыт паролем, прочитать его содержимое нельзя. Попросите файл без пароля.",
  "The PDF is damaged and its attachment cannot be read. Ask for the file once more.":
    "PDF повреждён, вложение не читается. Попросите файл ещё раз.",
  "There is no file for checking inside this PDF. A scan or a printed copy has none: ask for the original PDF, or use the QR code.":
    "Внутри этого PDF нет файла для проверки. В скане или распечатке его не бывает: попросите исходный PDF или воспользуйтесь QR-кодом.",
  "This PDF carries several different files for checking. A diploma has one: do not rely on it, and ask for the original.":
    "В этом PDF несколько разных файлов для проверки. В дипломе он один: не полагайтесь на этот файл и попросите исходный.",
  "Something went wrong on this page. It says nothing about the document.":
    "На этой странице что-то сломалось. О документе это ничего не говорит.",
  "This page works from a disk too: save it, and it checks without the service that gave it.":
    "Страница работает и с диска: сохраните её, и она будет проверять без службы, которая её выдала.",
  "At most %(count)s files are checked at once; the rest were left aside.":
    "За один раз проверяется не больше %(count)s файлов; остальные пропущены.",
};
